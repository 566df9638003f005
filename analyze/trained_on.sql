-- One row per model and training set that it was trained on; what an adapter was trained on before it
-- was trained further counts too.
SELECT DISTINCT model_id, training_set_id
FROM (
    SELECT
        model_id,
        unnest(coalesce(
            TRY_CAST(card -> '$.trained_on' AS VARCHAR[]), [card ->> '$.training_set_id']
        )) AS training_set_id
    FROM models
)
WHERE training_set_id IS NOT NULL
