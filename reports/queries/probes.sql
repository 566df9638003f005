-- Current estimates of probes of the residual stream and of what they must beat, one row a model,
-- concept, label, site and layer; `untrained` is the same of the random twin.
WITH current AS (
    SELECT *
    FROM results
    WHERE study = :study
        AND analysis = 'probe'
        AND coalesce(dataset, '') = :dataset
        AND reading IN (:labels)
        AND metric IN ('auroc', 'auroc_random_twin')
        AND (
            site IN ('resid_post', 'letter', 'bag_of_words')
            OR site = 'resid_pre' AND layer = 0
            -- A probe that could not be fitted names its reason, but no site.
            OR site IS NULL
        )
    QUALIFY row_number() OVER (
        PARTITION BY metric, reading, concept, site, layer, model_id, condition_id
        ORDER BY computed_at DESC, params
    ) = 1
)

SELECT
    m.name AS model, r.concept, r.reading AS label, r.site, r.layer,
    r.estimate, r.ci_low, r.ci_high,
    CAST(r.detail ->> '$.band[0]' AS DOUBLE) AS band_low,
    CAST(r.detail ->> '$.band[1]' AS DOUBLE) AS band_high,
    CAST(r.detail ->> '$.null_95' AS DOUBLE) AS null_95,
    t.estimate AS untrained,
    CAST(r.detail ->> '$.layers' AS INTEGER) AS layers,
    r.n, r.n_clusters, r.n_missing, r.p_value, r.p_adjusted, r.std_error, r.family, r.method,
    r.seed, r.reason, r.model_id, r.condition_id, r.sql
FROM current AS r
LEFT JOIN current AS t ON t.metric = 'auroc_random_twin' AND t.model_id = r.model_id
    AND t.condition_id = r.condition_id AND t.concept = r.concept AND t.reading = r.reading
    AND t.site = r.site AND t.layer = r.layer
LEFT JOIN models AS m ON m.model_id = r.model_id
WHERE r.metric = 'auroc'
ORDER BY
    label, m.name, r.model_id, r.condition_id, r.concept, r.site, r.layer
