-- One data set's greedy predictions, read once, with the numbers of `items`.
CREATE OR REPLACE TEMP TABLE pairs AS
SELECT
    p.target_id,
    p.target_condition_id,
    p.predictor_id,
    p.predictor_condition_id,
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
WHERE p.dataset = $dataset AND p.temperature = 0
