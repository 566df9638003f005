-- One row per model, cluster, task and property of which the model read a hypothetical question in
-- training. What a model was trained on says nothing about what it can predict.
SELECT DISTINCT
    t.model_id,
    e.group_id,
    e.task,
    e.property
FROM trained_on AS t
JOIN examples AS e ON e.training_set_id = t.training_set_id
WHERE e.role = 'hypothetical'
