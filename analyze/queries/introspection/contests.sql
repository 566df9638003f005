-- How much oftener a target predicts itself than another model predicts it: sums over clusters of
-- the items that both predicted and neither was trained on.
SELECT
    a.target,
    a.predictor AS self,
    b.predictor,
    a.task,
    a.property,
    a.cluster,
    count(*) AS n,
    sum(a.correct::INTEGER - b.correct::INTEGER)::DOUBLE AS value,
    count(*) FILTER (a.correct AND NOT b.correct) AS first_better,
    count(*) FILTER (b.correct AND NOT a.correct) AS other_better,
    count(*) FILTER (a.correct AND b.correct) AS both_right,
    count(*) FILTER (NOT a.correct AND NOT b.correct) AS both_wrong
FROM numbered_pairs AS a
JOIN numbered_pairs AS b
    ON b.target = a.target AND b.item = a.item AND b.property = a.property
WHERE a.is_self AND NOT b.is_self
    AND a.answer_compliant AND NOT a.trained_on AND NOT b.trained_on
GROUP BY ALL
