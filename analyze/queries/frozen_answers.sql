-- What the other queries need of one data set's answers, read from the lake once: the view
-- `answers` with names as numbers, and a hash of all that the estimates depend on. Steered answers
-- are left out: a sweep has thousands of conditions, which `analyze steer` compares.
SELECT
    q.dataset,
    q.concept,
    q.split,
    q.group_id,
    q.question_id,
    CAST(r.model_id AS model_names) AS model_id,
    CAST(r.condition_id AS condition_names) AS condition_id,
    CAST(r.reading AS reading_names) AS reading,
    CAST(r.variant AS variant_names) AS variant,
    q.answer,
    q.n_choices,
    q.chance,
    q.answerable,
    q.identical_options,
    q.abstentions,
    CAST(s.scorer AS scorer_names) AS scorer,
    s.value,
    s.label,
    s.place,
    s.margin,
    s.valid,
    s.reason,
    hash(
        s.request_key, s.scorer, s.version, s.value, s.label, s.place, s.margin, s.valid, s.reason
    ) AS fingerprint
FROM main.responses AS r
JOIN main.scores AS s ON s.request_key = r.request_key AND s.attempt = r.attempt
JOIN question_facts AS q ON q.key = r.question_id
WHERE s.scorer = CASE r.reading WHEN 'text' THEN 'parsed' ELSE r.reading END
    AND r.condition_id NOT IN (
        SELECT condition_id FROM main.conditions WHERE intervention_id IS NOT NULL
    )
