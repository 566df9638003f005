SELECT m.name AS predictor, property, value, count(*) AS times
FROM predictions JOIN models AS m USING (model_id)
GROUP BY ALL ORDER BY times DESC, predictor, property, value LIMIT 10
