SELECT name, kind, n_rows, recipe FROM training_sets ORDER BY created_at
