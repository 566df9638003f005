-- Probes of the residual stream at the best layer of each model, concept and label, with every
-- control there is of them.
WITH current AS (
    SELECT *
    FROM results
    WHERE study = :study
        AND analysis = 'probe'
        AND coalesce(dataset, '') = :dataset
        AND reading IN (:labels)
        AND metric IN (
            'auroc', 'auroc_letter_swap', 'auroc_mean_difference', 'auroc_random_twin',
            'selectivity', 'shape', 'max_auroc'
        )
        AND site IS DISTINCT FROM 'attn_head_in' AND site IS DISTINCT FROM 'mlp_out'
    QUALIFY row_number() OVER (
        PARTITION BY metric, reading, concept, site, layer, model_id, condition_id
        ORDER BY computed_at DESC, params
    ) = 1
),

best AS (
    SELECT
        model_id, condition_id, concept, reading,
        first(layer ORDER BY estimate DESC, layer) AS best_layer
    FROM current
    WHERE metric = 'auroc' AND site = 'resid_post' AND estimate IS NOT NULL
    GROUP BY ALL
)

SELECT
    m.name AS model, o.name AS other_model, r.concept, r.reading AS label, r.metric, r.site,
    r.layer, r.estimate, r.ci_low, r.ci_high, r.std_error, r.n, r.n_clusters, r.n_missing,
    r.null_value, r.p_value, r.p_adjusted, r.family, r.method, r.seed, r.reason, r.detail,
    r.model_id, r.other_model_id, r.condition_id, r.other_condition_id, r.sql
FROM current AS r
JOIN best AS b ON b.model_id = r.model_id AND b.condition_id = r.condition_id
    AND b.concept = r.concept AND b.reading = r.reading
LEFT JOIN models AS m ON m.model_id = r.model_id
LEFT JOIN models AS o ON o.model_id = r.other_model_id
WHERE r.metric IN ('shape', 'max_auroc')
    OR r.metric = 'auroc' AND r.site IN ('letter', 'bag_of_words')
    OR r.metric = 'auroc' AND r.site = 'resid_pre' AND r.layer = 0
    -- A control that could not be computed may have neither site nor layer.
    OR coalesce(r.site, 'resid_post') = 'resid_post'
        AND coalesce(r.layer, b.best_layer) = b.best_layer
ORDER BY
    label, m.name, r.model_id, r.condition_id, r.concept, r.metric, r.site, r.layer
