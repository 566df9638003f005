-- One data set's greedy predictions, read once, with the numbers of `items` and `askers`.
CREATE OR REPLACE TEMP TABLE numbered_pairs AS
SELECT
    t.asker AS target,
    f.asker AS predictor,
    t.model_id = f.model_id AS is_self,
    i.task,
    p.property,
    i.item,
    i.cluster,
    p.trained_on,
    p.answer_compliant,
    p.prediction_compliant,
    p.actual,
    p.correct
FROM prediction_pairs AS p
JOIN items AS i ON i.object_id = p.object_id
JOIN askers AS t ON t.condition_id = p.target_condition_id
JOIN askers AS f ON f.condition_id = p.predictor_condition_id
WHERE p.dataset = $dataset AND p.temperature = 0
