-- The runs that wrote the rows behind the study's results, oldest first.
WITH used AS (
    SELECT run_id FROM results WHERE study = :study
    UNION
    SELECT s.run_id FROM responses AS s
    WHERE s.condition_id IN (SELECT condition_id FROM results WHERE study = :study)
    UNION
    SELECT q.run_id FROM questions AS q
    WHERE q.dataset IN (SELECT dataset FROM results WHERE study = :study)
)
SELECT run_id, command, study, status, started_at, ended_at, config, versions, counts, error
FROM runs
WHERE run_id IN (SELECT run_id FROM used)
ORDER BY started_at, run_id
