-- Answers to hypothetical questions that no reader of this version has read.
SELECT
    r.request_key,
    r.attempt,
    r.status,
    q.property,
    CASE WHEN r.status = 'ok' THEN r.text END AS text
FROM responses AS r
JOIN questions AS q ON q.question_id = r.question_id
WHERE q.object_id IS NOT NULL AND r.reading = 'text' AND r.variant = '-'
    AND list_contains($properties, q.property)
    -- What failed, or whose outcome was not learned, is missing: it can be asked again.
    AND r.status NOT IN ('failed', 'unknown')
    AND NOT EXISTS (
        SELECT 1
        FROM scores AS s
        WHERE s.request_key = r.request_key AND s.scorer = 'prediction'
            AND s.version = $version AND s.attempt = r.attempt
    )
