-- The text replies that this version of the parser has not read yet, with their questions;
-- `text` is NULL where there is no reply to read.
SELECT
    r.request_key,
    r.attempt,
    r.status,
    r.variant,
    CASE WHEN r.status = 'ok' THEN r.text END AS text,
    q.answer,
    q.choices,
    len(q.choices) AS n_choices
FROM responses AS r
JOIN questions AS q ON q.question_id = r.question_id
WHERE r.reading = 'text' AND len(q.choices) >= 2
    -- A prediction is read as what it predicts.
    AND NOT (q.object_id IS NOT NULL AND r.variant = '-')
    AND NOT EXISTS (
        SELECT 1
        FROM scores AS s
        WHERE s.request_key = r.request_key AND s.scorer = 'parsed'
            AND s.version = $version AND s.attempt = r.attempt
    )
