-- What the two shortcuts known of the step-4 questions would score, beside chance.
SELECT
    concept,
    split,
    avg(chance) AS chance,
    avg(unaware_option) AS unaware_option,
    avg(plan_length) AS plan_length
FROM question_shortcuts
GROUP BY concept, split
ORDER BY concept, split
