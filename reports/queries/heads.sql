-- Probes of attention heads, one row a model, concept, label and layer: the best head, and the
-- AUROC of every head from 0 on.
WITH current AS (
    SELECT *
    FROM results
    WHERE study = :study
        AND analysis = 'probe'
        AND coalesce(dataset, '') = :dataset
        AND reading IN (:labels)
        AND metric = 'auroc'
        AND site = 'attn_head_in'
    QUALIFY row_number() OVER (
        PARTITION BY reading, concept, layer, head, model_id, condition_id
        ORDER BY computed_at DESC, params
    ) = 1
)

SELECT
    m.name AS model, r.concept, r.reading AS label, r.layer,
    first(r.head ORDER BY r.estimate DESC NULLS LAST, r.head) AS best_head,
    first(r.estimate ORDER BY r.estimate DESC NULLS LAST, r.head) AS estimate,
    first(r.ci_low ORDER BY r.estimate DESC NULLS LAST, r.head) AS ci_low,
    first(r.ci_high ORDER BY r.estimate DESC NULLS LAST, r.head) AS ci_high,
    first(r.p_adjusted ORDER BY r.estimate DESC NULLS LAST, r.head) AS p_adjusted,
    count(*) FILTER (WHERE r.p_adjusted < 0.01) AS found,
    max(CAST(r.detail ->> '$.null_95' AS DOUBLE)) AS null_95,
    max(r.n) AS n, max(r.n_clusters) AS n_clusters, max(r.n_missing) AS n_missing,
    any_value(r.method ORDER BY r.head) AS method, any_value(r.reason ORDER BY r.head) AS reason,
    list(round(r.estimate, 3) ORDER BY r.head) AS auroc_by_head,
    r.model_id, r.condition_id
FROM current AS r
LEFT JOIN models AS m ON m.model_id = r.model_id
GROUP BY ALL
ORDER BY label, m.name, r.model_id, r.condition_id, r.concept, r.layer
