-- The frozen predictions with the names of target and predictor.
CREATE OR REPLACE TEMP VIEW pairs AS
SELECT
    t.model_id AS target_id,
    t.condition_id AS target_condition_id,
    f.model_id AS predictor_id,
    f.condition_id AS predictor_condition_id,
    n.* EXCLUDE (target, predictor, is_self)
FROM numbered_pairs AS n
JOIN askers AS t ON t.asker = n.target
JOIN askers AS f ON f.asker = n.predictor
