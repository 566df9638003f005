-- The distinct texts among replies that this version of the parser has not read yet.
SELECT DISTINCT r.text, len(q.choices) AS n_choices
FROM responses AS r
JOIN questions AS q ON q.question_id = r.question_id
WHERE r.reading = 'text' AND r.status = 'ok' AND r.text IS NOT NULL AND len(q.choices) >= 2
    AND NOT EXISTS (
        SELECT 1
        FROM scores AS s
        WHERE s.request_key = r.request_key AND s.scorer = 'parsed'
            AND s.version = $version AND s.attempt = r.attempt
    )
