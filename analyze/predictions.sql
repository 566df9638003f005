-- One row per answer to a hypothetical question: the value that was predicted for a property of
-- the answer to an object question, in the form in which properties are compared.
SELECT
    q.dataset,
    q.task,
    q.property,
    q.object_id,
    q.group_id,
    q.split,
    r.question_id,
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
WHERE s.scorer = 'prediction'
