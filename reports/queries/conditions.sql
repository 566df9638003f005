-- The conditions of the study.
SELECT
    c.condition_id, m.name AS model, c.engine, c.dtype, c.template, c.persona,
    c.system_prompt, c.intervention_id, c.sampling, c.base_url
FROM conditions AS c
LEFT JOIN models AS m ON m.model_id = c.model_id
WHERE c.condition_id IN (
    SELECT unnest([condition_id, other_condition_id]) FROM results WHERE study = :study
)
ORDER BY m.name, c.condition_id
