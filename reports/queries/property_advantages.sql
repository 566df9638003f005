-- Current estimates of advantages by property of the named pairs of models.
SELECT
    m.name AS model, o.name AS other_model, r.concept AS property, r.metric,
    r.estimate, r.ci_low, r.ci_high, r.p_value, r.p_adjusted, r.n, r.n_clusters, r.n_missing,
    CAST(r.detail ->> '$.mde' AS DOUBLE) AS smallest_detectable,
    CAST(r.detail ->> '$.both_right' AS BIGINT) AS both_right,
    CAST(r.detail ->> '$.first_better' AS BIGINT) AS first_better,
    CAST(r.detail ->> '$.other_better' AS BIGINT) AS other_better,
    CAST(r.detail ->> '$.both_wrong' AS BIGINT) AS both_wrong,
    a.name AS on_first, b.name AS on_second,
    r.std_error, r.null_value, r.family, r.method, r.seed, r.reason, r.detail,
    r.model_id, r.other_model_id, r.condition_id, r.other_condition_id, r.sql
FROM results AS r
LEFT JOIN models AS m ON m.model_id = r.model_id
LEFT JOIN models AS o ON o.model_id = r.other_model_id
LEFT JOIN models AS a ON a.model_id = r.detail ->> '$.on_first'
LEFT JOIN models AS b ON b.model_id = r.detail ->> '$.on_second'
WHERE r.study = :study
    AND r.analysis = 'self-prediction'
    AND coalesce(r.dataset, '') = :dataset
    AND r.task IS NULL
    AND r.metric IN ('advantage', 'crossed_advantage')
    AND r.model_id || ' ' || r.other_model_id IN (:pairs)
QUALIFY row_number() OVER (
    PARTITION BY
        r.metric, r.concept, r.model_id, r.condition_id, r.other_model_id, r.other_condition_id,
        r.detail ->> '$.on_first', r.detail ->> '$.on_second'
    ORDER BY r.computed_at DESC, r.params
) = 1
ORDER BY
    r.metric, m.name, r.model_id, r.condition_id, o.name, r.other_model_id, r.other_condition_id,
    r.detail ->> '$.on_first', r.detail ->> '$.on_second', r.concept
