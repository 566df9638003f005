-- How many of the question set's questions were put to a model of the study.
SELECT
    count(*) AS questions,
    count(*) FILTER (
        question_id IN (
            SELECT question_id FROM responses
            WHERE condition_id IN (SELECT condition_id FROM results WHERE study = :study)
        )
    ) AS asked
FROM questions
WHERE dataset = :dataset
