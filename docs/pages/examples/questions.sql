-- How many questions, families and right letters each concept has.
SELECT
    dataset,
    concept,
    count(*) AS questions,
    count(DISTINCT group_id) AS families,
    count(*) FILTER (answer = 'A') AS right_is_a
FROM questions
GROUP BY dataset, concept
ORDER BY dataset, concept
