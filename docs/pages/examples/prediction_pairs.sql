SELECT t.name AS target, p.name AS predictor, property,
    count(*) AS n, avg(correct::INTEGER) AS accuracy
FROM prediction_pairs
JOIN models AS t ON t.model_id = target_id
JOIN models AS p ON p.model_id = predictor_id
WHERE NOT trained_on
GROUP BY ALL ORDER BY target, predictor, property
