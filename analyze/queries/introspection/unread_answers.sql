-- Answers to object questions with a property, asked about elsewhere, that no reader of this
-- version has read; `text` is NULL where there is no reply to read.
WITH asked_about AS (
    SELECT DISTINCT object_id, property FROM questions WHERE object_id IS NOT NULL
)

SELECT
    r.request_key,
    r.attempt,
    r.status,
    a.property,
    CASE WHEN r.status IN ('ok', 'truncated') THEN r.text END AS text,
    r.status = 'truncated' AS truncated,
    q.answer AS target
FROM responses AS r
JOIN questions AS q ON q.question_id = r.question_id
JOIN asked_about AS a ON a.object_id = r.question_id
WHERE r.reading = 'text' AND list_contains($properties, a.property)
    -- What failed, or whose outcome was not learned, is missing: it can be asked again.
    AND r.status NOT IN ('failed', 'unknown')
    AND NOT EXISTS (
        SELECT 1
        FROM scores AS s
        WHERE s.request_key = r.request_key AND s.scorer = 'property:' || a.property
            AND s.version = $version AND s.attempt = r.attempt
    )
