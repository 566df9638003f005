SELECT s.name, e.role, e.task, e.property, count(*) AS n
FROM examples AS e JOIN training_sets AS s USING (training_set_id)
GROUP BY ALL ORDER BY s.name, e.role, e.task, e.property
