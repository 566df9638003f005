SELECT m.name AS model, task, property, count(*) AS strings
FROM trained_properties JOIN models AS m USING (model_id)
GROUP BY ALL ORDER BY model, task, property
