-- Who was measured, how: one row a model, condition, question set and reading; of a probe the
-- reading is its label.
SELECT
    m.name, r.model_id, r.condition_id, coalesce(r.dataset, '') AS dataset, r.reading,
    c.persona, c.system_prompt, bool_or(r.analysis = 'quantify') AS answered
FROM results AS r
LEFT JOIN models AS m ON m.model_id = r.model_id
LEFT JOIN conditions AS c ON c.condition_id = r.condition_id
WHERE r.study = :study AND r.model_id IS NOT NULL
GROUP BY ALL
ORDER BY ALL
