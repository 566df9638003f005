SELECT m.name AS model, s.name AS training_set, s.n_rows
FROM trained_on JOIN models AS m USING (model_id) JOIN training_sets AS s USING (training_set_id)
ORDER BY model, training_set
