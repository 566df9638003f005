-- Every cell's predictions as sums over clusters, of items that its predictor was not trained on.
SELECT
    target,
    predictor,
    task,
    property,
    cluster,
    count(correct) AS n,
    coalesce(sum(correct::INTEGER), 0)::DOUBLE AS value,
    count(*) FILTER (NOT answer_compliant) AS dropped,
    count(*) FILTER (answer_compliant AND NOT prediction_compliant) AS unreadable
FROM numbered_pairs
WHERE NOT trained_on
GROUP BY ALL
