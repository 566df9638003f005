-- Answers to object questions with a property that a model has judged and no reader of this version
-- has read; `text` is the judge's reply. The newest judgement of a text counts.
WITH judged AS (
    SELECT
        j.dataset,
        j.property,
        j.metadata ->> '$.judged' AS answer,
        arg_max(r.text, r.created_at) AS text,
        arg_max(m.name, r.created_at) AS judge
    FROM questions AS j
    JOIN responses AS r ON r.question_id = j.question_id
    JOIN models AS m ON m.model_id = r.model_id
    WHERE j.metadata ->> '$.judged' IS NOT NULL AND r.status = 'ok' AND r.sample_index = 0
    GROUP BY ALL
),

asked_about AS (
    SELECT DISTINCT object_id, property, dataset FROM questions WHERE object_id IS NOT NULL
)

SELECT
    r.request_key,
    r.attempt,
    r.status,
    a.property,
    j.text,
    j.judge
FROM responses AS r
JOIN asked_about AS a ON a.object_id = r.question_id
JOIN judged AS j
    ON j.property = a.property AND j.answer = r.text AND j.dataset = a.dataset || '/judged'
WHERE r.reading = 'text' AND r.status = 'ok' AND list_contains($properties, a.property)
    AND NOT EXISTS (
        SELECT 1
        FROM scores AS s
        WHERE s.request_key = r.request_key AND s.scorer = 'property:' || a.property
            AND s.version = $version AND s.attempt = r.attempt
    )
