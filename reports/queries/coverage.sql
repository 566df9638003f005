-- How many questions the set has, how many of them with options, how many put to a model.
SELECT
    count(*) AS questions,
    count(*) FILTER (len(choices) >= 2) AS with_options,
    count(*) FILTER (
        question_id IN (
            SELECT question_id FROM responses
            WHERE condition_id IN (
                SELECT unnest([condition_id, other_condition_id])
                FROM results
                WHERE study = :study
                    AND analysis IN ('quantify', 'self-prediction', 'calibration', 'acquisition')
            )
        )
    ) AS asked
FROM questions
WHERE dataset = :dataset
