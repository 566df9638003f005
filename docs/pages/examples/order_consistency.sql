-- How often the same option is chosen whichever comes first.
SELECT concept, reading, avg(same_choice) AS consistent
FROM order_consistency
WHERE answerable
GROUP BY ALL
ORDER BY ALL
