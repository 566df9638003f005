-- Sums over clusters of everything that is averaged over questions.
SELECT
    reading,
    model_id,
    condition_id,
    concept,
    group_id,
    count(*) FILTER (answerable) AS asked,
    count(*) FILTER (identical_options) AS identical,
    count(*) FILTER (NOT answerable AND NOT identical_options) AS no_answer,
    count(value) FILTER (answerable) AS n,
    coalesce(sum(value) FILTER (answerable), 0) AS value,
    coalesce(sum(chance) FILTER (answerable AND NOT missing), 0) AS chance,
    coalesce(sum(n_responses) FILTER (answerable AND NOT missing), 0)::BIGINT AS answers,
    coalesce(sum(value_if_missing_wrong) FILTER (answerable), 0) AS missing_wrong,
    coalesce(sum(value_if_missing_right) FILTER (answerable), 0) AS missing_right,
    count(margin) FILTER (answerable) AS n_margin,
    coalesce(sum(margin) FILTER (answerable), 0) AS margin,
    count(first_shown) FILTER (answerable) AS n_first,
    coalesce(sum(first_shown) FILTER (answerable), 0) AS first_shown,
    coalesce(sum(chance) FILTER (answerable AND first_shown IS NOT NULL), 0) AS first_chance,
    count(abstained) FILTER (answerable) AS n_abstained,
    coalesce(sum(abstained) FILTER (answerable), 0) AS abstained,
    count(abstained) FILTER (answerable AND NOT right_to_abstain) AS n_over,
    coalesce(sum(abstained) FILTER (answerable AND NOT right_to_abstain), 0) AS over_abstained,
    coalesce(sum(refused) FILTER (answerable), 0) AS refused,
    coalesce(sum(unparseable) FILTER (answerable), 0) AS unparseable,
    min(n_orders) AS min_orders,
    max(n_orders) AS max_orders,
    list(DISTINCT steps) FILTER (answerable AND NOT missing) AS steps
FROM question_answers
GROUP BY reading, model_id, condition_id, concept, group_id
ORDER BY reading, model_id, condition_id, concept, group_id
