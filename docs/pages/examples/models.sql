-- Every model with the digest of its weights; imported answers have none.
SELECT name, engine, base, adapter, weights_digest FROM models ORDER BY name
