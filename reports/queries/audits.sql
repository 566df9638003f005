-- Findings about the question set and its results, the most serious first.
SELECT severity, audit, concept, count, total, detail, example
FROM audits
WHERE dataset = :dataset
ORDER BY
    CASE severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END,
    count DESC, audit, concept
