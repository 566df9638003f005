-- Analyses of the study with their parameters and seeds.
SELECT
    analysis, coalesce(dataset, '') AS dataset, params,
    count(*) AS estimates, count(seed) AS seeded, min(inputs_digest) AS inputs_digest
FROM results
WHERE study = :study
GROUP BY ALL
ORDER BY ALL
