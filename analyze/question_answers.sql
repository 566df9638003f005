-- One row per question, condition and reading: the mean over the orders in which it was asked.
-- A question is missing, and its value NULL, unless every order has a readable answer: one
-- order alone would show the model's preference for a place, not what it knows.
SELECT
    dataset,
    concept,
    split,
    group_id,
    question_id,
    model_id,
    condition_id,
    reading,
    any_value(n_choices) AS n_choices,
    any_value(chance) AS chance,
    any_value(answerable) AS answerable,
    any_value(identical_options) AS identical_options,
    count(*) AS n_orders,
    sum(n_samples)::BIGINT AS n_responses,
    min(n_valid) = 0 AS missing,
    (sum(n_valid) ** 2 - sum(n_valid ** 2))::BIGINT AS cross_order_pairs,
    CASE WHEN min(n_valid) > 0 THEN avg(value) END AS value,
    avg(value_if_missing_wrong) AS value_if_missing_wrong,
    avg(value_if_missing_right) AS value_if_missing_right,
    CASE WHEN min(n_valid) > 0 THEN avg(margin) END AS margin,
    CASE WHEN min(n_valid) > 0 AND count(*) > 1 THEN avg(first_shown) END AS first_shown,
    CASE WHEN min(n_valid) > 0 THEN avg(abstained) END AS abstained,
    any_value(right_to_abstain) AS right_to_abstain,
    avg(refused) AS refused,
    avg(unparseable) AS unparseable,
    count(*) * lcm(greatest(min(n_valid), 1), greatest(max(n_valid), 1))
        * CASE WHEN any_value(n_choices) = 2 THEN 2 ELSE 60 END AS steps
FROM order_answers
GROUP BY dataset, concept, split, group_id, question_id, model_id, condition_id, reading
