-- The value of every answerable question under every condition, by name; NULL where missing.
SELECT reading, model_id, condition_id, concept, group_id, question_id, value
FROM question_answers
WHERE answerable
