SELECT training_run, count(*) AS steps, arg_min(loss, step) AS first_loss, arg_max(loss, step) AS last_loss
FROM training_steps GROUP BY training_run ORDER BY training_run
