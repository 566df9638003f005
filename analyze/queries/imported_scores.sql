-- Sums over clusters of another tool's scores.
SELECT
    scorer AS reading,
    model_id,
    condition_id,
    concept,
    group_id,
    count(value) AS n,
    coalesce(sum(value), 0) AS value,
    count(*) - count(value) AS missing,
    sum(n_responses)::BIGINT AS responses,
    sum(n_values)::BIGINT AS n_values,
    coalesce(sum(total), 0) AS total,
    min(lowest) AS lowest,
    max(highest) AS highest
FROM imported_scores
WHERE dataset = $dataset
GROUP BY scorer, model_id, condition_id, concept, group_id
ORDER BY scorer, model_id, condition_id, concept, group_id
