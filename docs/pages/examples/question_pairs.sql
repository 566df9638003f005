-- Questions on which two models, or two conditions, differ most.
SELECT a.name, b.name AS other, p.reading, p.question_id, p.value
FROM question_pairs AS p
JOIN models AS a ON a.model_id = p.model_id
JOIN models AS b ON b.model_id = p.other_model_id
ORDER BY abs(p.value) DESC
LIMIT 10
