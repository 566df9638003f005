-- The accuracies, with all that belongs to a number: interval, n, clusters, missing, method.
SELECT
    m.name, reading, concept, estimate, ci_low, ci_high, n, n_clusters, n_missing, p_adjusted, method
FROM results
JOIN models AS m USING (model_id)
WHERE analysis = 'quantify' AND metric = 'accuracy'
ORDER BY m.name, reading, concept
