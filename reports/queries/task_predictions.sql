-- Advantages of predicting oneself by task of the questions, and whether the model was trained on
-- predictions in that task.
WITH sets AS (
    SELECT
        model_id,
        unnest(coalesce(
            TRY_CAST(card -> '$.trained_on' AS VARCHAR[]), [card ->> '$.training_set_id']
        )) AS training_set_id
    FROM models
),

trained AS (
    SELECT DISTINCT s.model_id, e.task
    FROM sets AS s
    JOIN examples AS e ON e.training_set_id = s.training_set_id
    WHERE e.role = 'hypothetical'
)

SELECT
    m.name AS model, o.name AS other_model, r.task,
    EXISTS (
        SELECT 1 FROM trained AS t WHERE t.model_id = r.model_id AND t.task = r.task
    ) AS trained_on,
    r.estimate, r.ci_low, r.ci_high, r.p_value, r.p_adjusted, r.n, r.n_clusters, r.n_missing,
    CAST(r.detail ->> '$.mde' AS DOUBLE) AS smallest_detectable,
    r.std_error, r.null_value, r.family, r.method, r.seed, r.reason,
    r.model_id, r.other_model_id, r.condition_id, r.other_condition_id, r.sql
FROM results AS r
LEFT JOIN models AS m ON m.model_id = r.model_id
LEFT JOIN models AS o ON o.model_id = r.other_model_id
WHERE r.study = :study
    AND r.analysis = 'self-prediction'
    AND coalesce(r.dataset, '') = :dataset
    AND r.task IS NOT NULL
    AND r.metric = 'advantage'
QUALIFY row_number() OVER (
    PARTITION BY r.task, r.model_id, r.condition_id, r.other_model_id, r.other_condition_id
    ORDER BY r.computed_at DESC, r.params
) = 1
ORDER BY
    m.name, r.model_id, r.condition_id, o.name, r.other_model_id, r.other_condition_id, r.task
