-- Free replies to the question set by whether a choice could be read, and why not.
SELECT c.valid, coalesce(c.reason, 'read') AS reason, count(*) AS replies
FROM scores AS c
JOIN responses AS s ON s.request_key = c.request_key AND s.attempt = c.attempt
JOIN questions AS q ON q.question_id = s.question_id
WHERE q.dataset = :dataset
    AND c.scorer = 'parsed'
    AND s.status = 'ok'
    AND s.condition_id IN (
        SELECT condition_id FROM results WHERE study = :study AND analysis = 'quantify'
    )
GROUP BY ALL
ORDER BY ALL
