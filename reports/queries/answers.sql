-- Every answer to the named questions, with its scores.
SELECT
    s.question_id, m.name AS model, s.model_id, s.condition_id, s.reading, s.variant,
    s.sample_index, s.status, s.text, s.choice_logprobs, s.error,
    c.scorer, c.value, c.label, c.valid, c.reason
FROM responses AS s
LEFT JOIN scores AS c ON c.request_key = s.request_key
LEFT JOIN models AS m ON m.model_id = s.model_id
WHERE s.question_id IN (:questions)
    AND s.condition_id IN (
        SELECT condition_id FROM results WHERE study = :study AND analysis = 'quantify'
    )
ORDER BY
    s.question_id, m.name, s.model_id, s.condition_id, s.reading, s.variant,
    s.sample_index, c.scorer
