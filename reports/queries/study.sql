-- What the newest run of the study says about itself.
SELECT
    config ->> '$.title' AS title,
    config ->> '$.question' AS question,
    config ->> '$.file' AS file
FROM runs
WHERE study = :study AND config ->> '$.question' IS NOT NULL
ORDER BY started_at DESC, run_id DESC
LIMIT 1
