-- One row per question that two conditions answered under the same reading; `value` is the first's accuracy minus the other's.
SELECT
    a.dataset,
    a.concept,
    a.group_id,
    a.question_id,
    a.reading,
    a.model_id,
    a.condition_id,
    b.model_id AS other_model_id,
    b.condition_id AS other_condition_id,
    a.value AS first_value,
    b.value AS other_value,
    a.value - b.value AS value
FROM question_answers AS a
JOIN question_answers AS b
    ON b.dataset = a.dataset
    AND b.concept = a.concept
    AND b.question_id = a.question_id
    AND b.reading = a.reading
    AND (b.model_id, b.condition_id) <> (a.model_id, a.condition_id)
WHERE a.answerable AND NOT a.missing AND NOT b.missing
