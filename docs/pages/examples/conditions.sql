-- Under which conditions each model was asked.
SELECT m.name, c.persona, c.system_prompt, c.dtype, c.template, c.sampling
FROM conditions AS c
JOIN models AS m USING (model_id)
ORDER BY ALL
