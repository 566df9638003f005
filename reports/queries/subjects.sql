-- Who was measured, how: one row a model, condition, question set and reading; of a probe the
-- reading is its label, of predictions the part that the answers played.
WITH roles AS (
    SELECT
        *,
        CASE
            WHEN analysis NOT IN ('self-prediction', 'calibration', 'behavior-change') THEN reading
            WHEN metric LIKE '%self_agreement' THEN 'sampled answers'
            WHEN other_model_id IS NULL OR metric LIKE '%crossed%' THEN analysis || ' answers'
            ELSE analysis
        END AS part
    FROM results
    WHERE study = :study
),

subjects AS (
    SELECT model_id, condition_id, dataset, part, analysis = 'quantify' AS answered FROM roles
    UNION ALL
    -- Whose answers were predicted stands on the other side, as do models before their training.
    SELECT
        other_model_id, other_condition_id, dataset,
        CASE WHEN analysis = 'acquisition' THEN part ELSE analysis || ' answers' END, false
    FROM roles
    WHERE analysis IN ('self-prediction', 'calibration', 'behavior-change', 'acquisition')
)

SELECT
    m.name, r.model_id, r.condition_id, coalesce(r.dataset, '') AS dataset, r.part AS reading,
    c.persona, c.system_prompt, bool_or(r.answered) AS answered
FROM subjects AS r
LEFT JOIN models AS m ON m.model_id = r.model_id
LEFT JOIN conditions AS c ON c.condition_id = r.condition_id
WHERE r.model_id IS NOT NULL
GROUP BY ALL
ORDER BY ALL
