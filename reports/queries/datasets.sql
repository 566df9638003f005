-- Question sets with results in the study, the one with most concepts first.
SELECT coalesce(dataset, '') AS dataset, count(DISTINCT concept) AS concepts
FROM results
WHERE study = :study AND analysis = 'quantify'
GROUP BY ALL
ORDER BY concepts DESC, dataset
