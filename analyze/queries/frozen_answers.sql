-- What the other queries need of one data set's answers, read from the lake once.
SELECT
    dataset, concept, split, group_id, question_id, model_id, condition_id, reading, variant,
    request_key, answer, n_choices, chance, answerable, identical_options, abstentions,
    scorer, version, value, label, place, margin, valid, reason
FROM main.answers
WHERE dataset = $dataset
