-- Requests by how they ended, for the conditions that entered the results.
SELECT m.name AS model, s.model_id, s.reading, s.status, count(*) AS requests
FROM responses AS s
JOIN questions AS q ON q.question_id = s.question_id
LEFT JOIN models AS m ON m.model_id = s.model_id
WHERE q.dataset = :dataset
    AND s.condition_id IN (
        SELECT unnest([condition_id, other_condition_id])
        FROM results
        WHERE study = :study
            AND analysis IN ('quantify', 'self-prediction', 'calibration', 'acquisition')
    )
GROUP BY ALL
ORDER BY ALL
