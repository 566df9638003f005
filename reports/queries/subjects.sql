-- Who was measured, how: one row a model, condition, question set and reading.
SELECT DISTINCT
    m.name, r.model_id, r.condition_id, coalesce(r.dataset, '') AS dataset, r.reading,
    c.persona, c.system_prompt, c.intervention_id
FROM results AS r
LEFT JOIN models AS m ON m.model_id = r.model_id
LEFT JOIN conditions AS c ON c.condition_id = r.condition_id
WHERE r.study = :study AND r.analysis = 'quantify' AND r.model_id IS NOT NULL
ORDER BY ALL
