-- A target's greedy answers with the strings they are about: those to training strings, and of the
-- others those that were predicted.
WITH judged AS (
    SELECT DISTINCT target_id, target_condition_id, property, item
    FROM pairs
    WHERE answer_compliant AND NOT trained_on
)

SELECT
    v.model_id AS target_id,
    v.condition_id AS target_condition_id,
    v.property,
    i.cluster,
    v.value,
    j.item IS NULL AS is_train,
    concat_ws(': ', v.task, q.messages ->> '$[#-1].content') AS string
FROM property_values AS v
JOIN items AS i ON i.object_id = v.object_id
JOIN questions AS q ON q.question_id = v.object_id
LEFT JOIN judged AS j
    ON j.target_condition_id = v.condition_id AND j.property = v.property AND j.item = i.item
WHERE v.dataset = $dataset AND v.temperature = 0 AND v.sample_index = 0 AND v.compliant
    AND (v.split = 'train' OR j.item IS NOT NULL)
    AND v.condition_id IN (SELECT target_condition_id FROM judged)
ORDER BY v.condition_id, v.property, i.item
