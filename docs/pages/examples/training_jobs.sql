SELECT model, state, n_rows, tuned_model, cost_usd FROM training_jobs ORDER BY created_at
