-- The mean of each scorer of another tool, as the tool itself gives it and over questions.
SELECT dataset, scorer, sum(total) / sum(n_values) AS over_samples, avg(value) AS over_questions
FROM imported_scores
GROUP BY dataset, scorer
ORDER BY dataset, scorer
