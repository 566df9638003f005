-- Why responses to answerable questions could not be read.
SELECT reading, model_id, condition_id, concept, reason, count(*) AS responses
FROM answers
WHERE NOT valid AND answerable
    AND scorer = CASE reading WHEN 'text' THEN 'parsed' ELSE reading END
GROUP BY reading, model_id, condition_id, concept, reason
ORDER BY reading, model_id, condition_id, concept, reason
