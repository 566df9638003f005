-- Current estimates of predictions before and after a change of behaviour, one row a metric,
-- property and changed model.
SELECT
    m.name AS model, o.name AS before, r.concept AS property, r.metric,
    r.estimate, r.ci_low, r.ci_high, r.p_value, r.n, r.n_clusters, r.n_missing,
    CAST(r.detail ->> '$.both_right' AS BIGINT) AS both_right,
    r.std_error, r.null_value, r.method, r.seed, r.reason, r.model_id, r.other_model_id, r.sql
FROM results AS r
LEFT JOIN models AS m ON m.model_id = r.model_id
LEFT JOIN models AS o ON o.model_id = r.other_model_id
WHERE r.study = :study
    AND r.analysis = 'behavior-change'
    AND coalesce(r.dataset, '') = :dataset
QUALIFY row_number() OVER (
    PARTITION BY r.metric, r.concept, r.model_id, r.other_model_id
    ORDER BY r.computed_at DESC, r.params
) = 1
ORDER BY m.name, r.model_id, o.name, r.other_model_id, r.metric, r.concept
