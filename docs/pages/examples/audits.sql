-- What is wrong with the data, the gravest first.
SELECT dataset, concept, audit, severity, count, total, detail
FROM audits
WHERE severity <> 'info'
ORDER BY severity = 'warning', dataset, concept
