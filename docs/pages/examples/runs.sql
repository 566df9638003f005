-- What was done to this lake, and what ended early.
SELECT started_at, command, study, status, ended_at - started_at AS took, counts
FROM runs
ORDER BY started_at
