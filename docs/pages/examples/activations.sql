-- What is stored of which model: sites, layers, vectors.
SELECT model_id, site, layer, count(*) AS vectors, any_value(dim) AS dim
FROM activations
GROUP BY ALL
ORDER BY ALL
