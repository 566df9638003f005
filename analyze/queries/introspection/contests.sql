-- How much oftener a target predicts itself than another model predicts it: sums over clusters of
-- the items that both predicted and neither was trained on.
SELECT
    a.target_id,
    a.target_condition_id,
    a.predictor_condition_id AS self_condition_id,
    b.predictor_id,
    b.predictor_condition_id,
    a.task,
    a.property,
    a.cluster,
    count(*) AS n,
    sum(a.correct::INTEGER - b.correct::INTEGER)::DOUBLE AS value,
    count(*) FILTER (a.correct AND NOT b.correct) AS first_better,
    count(*) FILTER (b.correct AND NOT a.correct) AS other_better,
    count(*) FILTER (a.correct AND b.correct) AS both_right,
    count(*) FILTER (NOT a.correct AND NOT b.correct) AS both_wrong
FROM pairs AS a
JOIN pairs AS b
    ON b.target_condition_id = a.target_condition_id AND b.item = a.item
    AND b.property = a.property
WHERE a.predictor_id = a.target_id AND b.predictor_id <> a.target_id
    AND a.answer_compliant AND NOT a.trained_on AND NOT b.trained_on
GROUP BY ALL
ORDER BY ALL
