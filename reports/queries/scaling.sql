-- Accuracy of models trained on predictions of answers, by the size of their training set.
SELECT
    m.name AS model, o.name AS other_model, t.name AS trained_about,
    coalesce(m.base, m.name) AS base, m.seed,
    coalesce(
        s.n_rows, TRY_CAST(m.card ->> '$.n_rows' AS BIGINT), TRY_CAST(m.card ->> '$.rows' AS BIGINT)
    ) AS n_rows,
    -- The recipes of one curve differ in how many rows they take.
    json_merge_patch(s.recipe, '{"per_cell": null, "rehearsed_by": null}') AS recipe,
    r.estimate, r.ci_low, r.ci_high, r.n, r.n_clusters, r.n_missing, r.std_error, r.method,
    r.reason, r.model_id, r.other_model_id, r.condition_id, r.other_condition_id, r.sql
FROM results AS r
JOIN models AS m ON m.model_id = r.model_id
LEFT JOIN models AS o ON o.model_id = r.other_model_id
LEFT JOIN training_sets AS s ON s.training_set_id = m.card ->> '$.training_set_id'
LEFT JOIN models AS t ON t.model_id = s.target_model_id
WHERE r.study = :study
    AND r.analysis = 'self-prediction'
    AND coalesce(r.dataset, '') = :dataset
    AND r.metric = 'macro_accuracy'
    AND r.concept IS NULL
    AND r.task IS NULL
    AND n_rows IS NOT NULL
    AND coalesce(s.kind, 'self-prediction') = 'self-prediction'
QUALIFY row_number() OVER (
    PARTITION BY r.model_id, r.condition_id, r.other_model_id, r.other_condition_id
    ORDER BY r.computed_at DESC, r.params
) = 1
ORDER BY
    trained_about, base, recipe, m.seed, o.name, r.other_model_id, r.other_condition_id, n_rows,
    m.name, r.model_id, r.condition_id
