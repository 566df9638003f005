-- Current estimates of what training changed, one row a metric, concept, reading, model after
-- training and model that it is compared with.
SELECT
    m.name AS model, o.name AS other_model, r.concept, r.reading, r.metric,
    CAST(r.detail ->> '$.taught' AS BOOLEAN) AS taught,
    r.estimate, r.ci_low, r.ci_high, r.p_value, r.p_adjusted, r.n, r.n_clusters, r.n_missing,
    CAST(r.detail ->> '$.mde' AS DOUBLE) AS smallest_detectable,
    r.std_error, r.null_value, r.family, r.method, r.seed, r.reason, r.detail,
    r.model_id, r.other_model_id, r.condition_id, r.other_condition_id, r.sql
FROM results AS r
LEFT JOIN models AS m ON m.model_id = r.model_id
LEFT JOIN models AS o ON o.model_id = r.other_model_id
WHERE r.study = :study
    AND r.analysis = 'acquisition'
    AND coalesce(r.dataset, '') = :dataset
QUALIFY row_number() OVER (
    PARTITION BY
        r.metric, r.concept, r.reading,
        r.model_id, r.condition_id, r.other_model_id, r.other_condition_id
    ORDER BY r.computed_at DESC, r.params
) = 1
ORDER BY
    m.name, r.model_id, r.condition_id, r.reading, r.metric, r.concept,
    o.name, r.other_model_id, r.other_condition_id
