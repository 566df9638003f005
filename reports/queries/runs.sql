-- The runs that wrote the rows behind the study's results, oldest first.
WITH sets AS (
    -- What the study's models were trained on, and before that.
    SELECT
        model_id, training_run,
        unnest(coalesce(
            TRY_CAST(card -> '$.trained_on' AS VARCHAR[]), [card ->> '$.training_set_id']
        )) AS training_set_id
    FROM models
    WHERE model_id IN (
        SELECT unnest([model_id, other_model_id]) FROM results WHERE study = :study
    )
),

taken AS (
    -- The answers that training sets were made from.
    SELECT s.request_key, s.run_id
    FROM examples AS e
    JOIN responses AS s ON s.request_key = e.request_key
    WHERE e.training_set_id IN (SELECT training_set_id FROM sets)
),

used AS (
    SELECT run_id FROM results WHERE study = :study
    UNION
    SELECT s.run_id FROM responses AS s
    WHERE s.condition_id IN (
        SELECT unnest([condition_id, other_condition_id]) FROM results WHERE study = :study
        UNION
        SELECT c.condition_id FROM conditions AS c
        JOIN interventions AS i ON i.intervention_id = c.intervention_id
        WHERE i.direction_id IN (SELECT direction_id FROM results WHERE study = :study)
    )
    UNION
    SELECT q.run_id FROM questions AS q
    WHERE q.dataset IN (SELECT dataset FROM results WHERE study = :study)
    UNION
    SELECT run_id FROM taken
    UNION
    SELECT c.run_id FROM scores AS c
    WHERE c.request_key IN (SELECT request_key FROM taken) AND starts_with(c.scorer, 'property:')
    UNION
    SELECT t.run_id FROM training_sets AS t
    WHERE t.training_set_id IN (SELECT training_set_id FROM sets)
    UNION
    SELECT t.run_id FROM training_steps AS t
    WHERE t.training_run IN (SELECT training_run FROM sets)
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
