-- Every cell's predictions as sums over clusters, of items that its predictor was not trained on.
SELECT
    target_id,
    target_condition_id,
    predictor_id,
    predictor_condition_id,
    task,
    property,
    cluster,
    count(correct) AS n,
    coalesce(sum(correct::INTEGER), 0)::DOUBLE AS value,
    count(*) FILTER (NOT answer_compliant) AS dropped,
    count(*) FILTER (answer_compliant AND NOT prediction_compliant) AS unreadable
FROM pairs
WHERE NOT trained_on
GROUP BY ALL
ORDER BY ALL
