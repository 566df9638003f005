-- One row per question, condition, reading and order of the options: the mean over samples.
-- An exact tie chooses each tied option in part: half right, and first in 1 of n_choices.
SELECT
    dataset,
    concept,
    split,
    group_id,
    question_id,
    model_id,
    condition_id,
    reading,
    variant,
    any_value(n_choices) AS n_choices,
    any_value(chance) AS chance,
    any_value(answerable) AS answerable,
    any_value(identical_options) AS identical_options,
    count(*) AS n_samples,
    count(*) FILTER (valid) AS n_valid,
    avg(value) AS value,
    avg(coalesce(value, 0)) AS value_if_missing_wrong,
    avg(CASE WHEN valid THEN value ELSE 1 END) AS value_if_missing_right,
    avg(margin) AS margin,
    CASE WHEN variant <> '-' THEN
        avg(CASE WHEN label IS NULL THEN chance ELSE (place = 0)::DOUBLE END) FILTER (valid)
    END AS first_shown,
    CASE WHEN any_value(len(abstentions)) > 0 THEN
        avg(coalesce(list_contains(abstentions, label), false)::DOUBLE) FILTER (valid)
    END AS abstained,
    any_value(list_contains(abstentions, answer)) AS right_to_abstain,
    avg((NOT valid AND reason = 'refused')::DOUBLE) AS refused,
    avg((NOT valid AND reason = 'unparseable')::DOUBLE) AS unparseable
FROM answers
WHERE scorer = CASE reading WHEN 'text' THEN 'parsed' ELSE reading END
GROUP BY
    dataset, concept, split, group_id, question_id, model_id, condition_id, reading, variant
