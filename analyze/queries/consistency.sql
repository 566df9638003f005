-- Sums over clusters of the agreement across orders.
SELECT
    reading, model_id, condition_id, concept, group_id, count(*) AS n, sum(same_choice) AS value
FROM order_consistency
WHERE answerable
GROUP BY reading, model_id, condition_id, concept, group_id
ORDER BY reading, model_id, condition_id, concept, group_id
