-- What rules that read no meaning would score, beside chance.
SELECT
    concept,
    avg(chance) AS chance,
    avg(majority_letter) AS majority_letter,
    avg(longer_option) AS longer_option,
    avg(option_prior) AS option_prior
FROM question_baselines
GROUP BY concept
ORDER BY concept
