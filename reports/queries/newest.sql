-- When the newest run that made the study's results began.
SELECT coalesce(max(runs.started_at), max(results.computed_at)) AS newest
FROM results
LEFT JOIN runs ON runs.run_id = results.run_id
WHERE results.study = :study
