-- Sums over clusters of the surface baselines, on the questions that anyone was asked.
SELECT
    concept,
    group_id,
    count(*) AS n,
    sum(chance) AS chance,
    sum(majority_letter) AS majority_letter,
    sum(longer_option) AS longer_option,
    sum(option_prior) AS option_prior
FROM question_baselines
WHERE dataset = $dataset AND question_id IN (SELECT question_id FROM question_answers)
GROUP BY concept, group_id
ORDER BY concept, group_id
