-- Current estimates of steering, one row a model, direction, reading, metric and dose.
SELECT
    m.name AS model, r.concept, r.reading, r.site, r.layer, r.head,
    r.detail ->> '$.direction' AS direction, d.kind, d.label,
    r.detail ->> '$.outcome' AS outcome, r.detail ->> '$.edit' AS edit,
    r.detail ->> '$.positions' AS positions, r.metric, r.dose, r.estimate, r.ci_low, r.ci_high,
    r.p_value, r.n, r.n_clusters, r.n_missing, r.std_error, r.method, r.reason,
    r.detail -> '$.random_band' AS random_band, r.detail -> '$.families' AS families,
    r.direction_id, r.model_id, r.condition_id, r.sql
FROM results AS r
LEFT JOIN models AS m ON m.model_id = r.model_id
LEFT JOIN directions AS d ON d.direction_id = r.direction_id
WHERE r.study = :study
    AND r.analysis = 'steer'
    AND coalesce(r.dataset, '') = :dataset
QUALIFY row_number() OVER (
    PARTITION BY
        r.metric, r.dose, r.direction_id, r.concept, r.reading, r.site, r.layer, r.head,
        r.detail ->> '$.edit', r.detail ->> '$.positions', r.model_id, r.condition_id
    ORDER BY r.computed_at DESC, r.params
) = 1
ORDER BY
    m.name, r.model_id, r.condition_id, r.concept, r.reading, r.site, r.layer, r.head,
    direction, r.direction_id, edit, positions, r.metric, r.dose
