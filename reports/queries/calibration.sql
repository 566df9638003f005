-- Current estimates of calibration, one row a metric, property, predictor and target; the points of
-- its plot stand in `detail`.
SELECT
    m.name AS model, o.name AS other_model, r.concept AS property, r.metric,
    r.estimate, r.ci_low, r.ci_high, r.null_value, r.p_value, r.p_adjusted,
    r.n, r.n_clusters, r.n_missing, r.std_error, r.family, r.method, r.seed, r.reason, r.detail,
    r.model_id, r.other_model_id, r.condition_id, r.other_condition_id, r.sql
FROM results AS r
LEFT JOIN models AS m ON m.model_id = r.model_id
LEFT JOIN models AS o ON o.model_id = r.other_model_id
WHERE r.study = :study
    AND r.analysis = 'calibration'
    AND coalesce(r.dataset, '') = :dataset
QUALIFY row_number() OVER (
    PARTITION BY
        r.metric, r.concept, r.model_id, r.condition_id, r.other_model_id, r.other_condition_id
    ORDER BY r.computed_at DESC, r.params
) = 1
ORDER BY
    m.name, r.model_id, r.condition_id, o.name, r.other_model_id, r.other_condition_id,
    r.concept NULLS FIRST, r.metric
