-- Why replies could not be read.
SELECT scorer, reason, count(*) AS n
FROM scores
WHERE NOT valid
GROUP BY scorer, reason
ORDER BY n DESC
