-- One row per model, cluster, task and property of which the model read a hypothetical question in
-- training. What a model was trained on says nothing about what it can predict.
SELECT DISTINCT
    m.model_id,
    e.group_id,
    e.task,
    e.property
FROM models AS m
JOIN examples AS e ON e.training_set_id = m.card ->> '$.training_set_id'
WHERE e.role = 'hypothetical'
