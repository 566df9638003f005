-- How each model's requests ended, and what they cost.
SELECT m.name, r.reading, r.status, count(*) AS n, sum(r.cost_usd) AS usd
FROM responses AS r
JOIN models AS m USING (model_id)
GROUP BY ALL
ORDER BY ALL
