-- Probes trained on one concept and tested on another, and on the diagonal each concept's own, at
-- the one layer of a model where the mean of the diagonal is best.
WITH current AS (
    SELECT *, coalesce(other_concept, concept) AS tested_on
    FROM results
    WHERE study = :study
        AND analysis = 'probe'
        AND coalesce(dataset, '') = :dataset
        AND reading IN (:labels)
        AND metric IN ('auroc', 'transfer')
        AND site = 'resid_post'
    QUALIFY row_number() OVER (
        PARTITION BY reading, concept, tested_on, layer, model_id, condition_id
        ORDER BY metric DESC, computed_at DESC, params
    ) = 1
),

means AS (
    SELECT
        reading, model_id, condition_id, layer,
        -- Rounded: the order in which threads add must not show.
        round(avg(estimate) FILTER (WHERE concept = tested_on), 12) AS own
    FROM current
    GROUP BY ALL
    HAVING bool_or(metric = 'transfer' AND concept <> tested_on AND estimate IS NOT NULL)
),

chosen AS (
    SELECT
        reading, model_id, condition_id, first(layer ORDER BY own DESC NULLS LAST, layer) AS layer
    FROM means
    GROUP BY ALL
)

SELECT
    m.name AS model, r.concept AS trained_on, r.tested_on, r.reading AS label, r.metric, r.layer,
    r.estimate, r.ci_low, r.ci_high, r.std_error, r.n, r.n_clusters, r.n_missing, r.method,
    r.reason, r.model_id, r.condition_id, r.sql
FROM current AS r
JOIN chosen AS c ON c.reading = r.reading AND c.model_id = r.model_id
    AND c.condition_id = r.condition_id AND c.layer = r.layer
LEFT JOIN models AS m ON m.model_id = r.model_id
ORDER BY label, m.name, r.model_id, r.condition_id, trained_on, r.tested_on
