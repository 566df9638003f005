-- The paraphrase families; each is its own cluster.
SELECT
    reading,
    model_id,
    condition_id,
    concept,
    group_id,
    (NOT missing)::INTEGER AS n,
    CASE WHEN missing THEN 0 ELSE value END AS value,
    CASE WHEN missing THEN 0 ELSE chance END AS chance,
    n_wordings
FROM family_answers
ORDER BY reading, model_id, condition_id, concept, group_id
