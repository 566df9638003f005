-- The models of the study, random twins included, with everything that identifies them.
SELECT
    name, model_id, engine, base, adapter, revision, weights_digest, adapter_digest,
    tokenizer_digest, chat_template_digest, context_length, training_run, seed, card
FROM models
WHERE model_id IN (
    SELECT unnest([model_id, other_model_id]) FROM results WHERE study = :study
)
ORDER BY name, model_id
