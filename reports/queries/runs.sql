-- The runs that wrote the rows behind the study's results, oldest first.
WITH used AS (
    SELECT run_id FROM results WHERE study = :study
    UNION
    SELECT s.run_id FROM responses AS s
    WHERE s.condition_id IN (
        SELECT condition_id FROM results WHERE study = :study
        UNION
        SELECT c.condition_id FROM conditions AS c
        JOIN interventions AS i ON i.intervention_id = c.intervention_id
        WHERE i.direction_id IN (SELECT direction_id FROM results WHERE study = :study)
    )
    UNION
    SELECT q.run_id FROM questions AS q
    WHERE q.dataset IN (SELECT dataset FROM results WHERE study = :study)
    UNION
    SELECT d.run_id FROM directions AS d
    WHERE d.direction_id IN (SELECT direction_id FROM results WHERE study = :study)
    UNION
    -- Of a probe, its activations and those of the random twin that it is compared with.
    SELECT a.run_id FROM activations AS a
    WHERE a.condition_id IN (
            SELECT condition_id FROM results WHERE study = :study AND analysis = 'probe'
        )
        OR a.model_id IN (
            SELECT other_model_id FROM results WHERE study = :study AND analysis = 'probe'
        )
)
SELECT run_id, command, study, status, started_at, ended_at, config, versions, counts, error
FROM runs
WHERE run_id IN (SELECT run_id FROM used)
ORDER BY started_at, run_id
