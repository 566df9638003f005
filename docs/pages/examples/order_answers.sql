-- Accuracy by the order in which the options were shown.
SELECT concept, reading, variant, avg(value) AS accuracy
FROM order_answers
WHERE answerable
GROUP BY ALL
ORDER BY ALL
