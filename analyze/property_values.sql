-- One row per answer to an object question and property of it that is asked about elsewhere:
-- the property's value, and whether the answer is one of which the property can be asked.
SELECT
    q.dataset,
    q.task,
    substr(s.scorer, 10) AS property,
    q.question_id AS object_id,
    q.group_id,
    q.split,
    r.model_id,
    r.condition_id,
    coalesce(TRY_CAST(c.sampling ->> '$.temperature' AS DOUBLE), 0) AS temperature,
    r.sample_index,
    r.text,
    s.label AS value,
    s.valid AS compliant,
    s.reason,
    r.request_key
FROM scores AS s
JOIN responses AS r ON r.request_key = s.request_key AND r.attempt = s.attempt
JOIN questions AS q ON q.question_id = r.question_id
LEFT JOIN conditions AS c ON c.condition_id = r.condition_id
WHERE starts_with(s.scorer, 'property:')
