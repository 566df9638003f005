-- Batches that are under way or lost, oldest first.
SELECT batch_id, model, state, requests, created_at FROM batches
WHERE state IN ('unknown', 'submitted') ORDER BY created_at
