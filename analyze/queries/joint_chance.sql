-- Sums over clusters of accuracy less chance, for some concepts of one model.
SELECT condition_id, concept, group_id, sum(value - chance) AS excess
FROM question_answers
WHERE dataset = $dataset AND model_id = $model_id AND reading = $reading
    AND list_contains($concepts, concept) AND answerable AND value IS NOT NULL
GROUP BY condition_id, concept, group_id
ORDER BY condition_id, concept, group_id
