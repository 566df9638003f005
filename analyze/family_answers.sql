-- One row per paraphrase family of two or more wordings: the probability that one reply to each wording is right throughout.
-- Within one order of the options it is the product over wordings (1 or 0 with one sample);
-- then it is averaged over orders. `chance` is the product of the wordings' chances.
SELECT
    dataset,
    concept,
    group_id,
    model_id,
    condition_id,
    reading,
    any_value(n_wordings) AS n_wordings,
    avg(all_right) AS value,
    any_value(chance) AS chance,
    count(all_right) < count(*) AS missing
FROM (
    SELECT
        dataset,
        concept,
        group_id,
        model_id,
        condition_id,
        reading,
        variant,
        count(*) AS n_wordings,
        CASE WHEN min(n_valid) > 0 THEN product(value) END AS all_right,
        product(chance) AS chance
    FROM order_answers
    WHERE answerable
        AND question_id IN (SELECT question_id FROM question_facts WHERE paraphrased)
    GROUP BY dataset, concept, group_id, model_id, condition_id, reading, variant
)
GROUP BY dataset, concept, group_id, model_id, condition_id, reading
HAVING min(n_wordings) > 1 AND min(n_wordings) = max(n_wordings)
