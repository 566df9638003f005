-- How many groups and questions each fold holds out, and how often A is right in it.
SELECT
    dataset,
    concept,
    fold,
    count(DISTINCT group_id) AS families,
    count(*) AS questions,
    avg(CAST(answer = 'A' AS INTEGER)) AS right_is_a
FROM question_folds
GROUP BY ALL
ORDER BY ALL
