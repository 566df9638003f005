-- Question sets with results in the study and the analyses that made them; the answered ones
-- first, the one with most concepts before the others.
SELECT
    coalesce(dataset, '') AS dataset,
    bool_or(analysis = 'quantify') AS answered,
    bool_or(analysis = 'probe') AS probed,
    bool_or(analysis = 'steer') AS steered,
    count(DISTINCT concept) FILTER (WHERE analysis = 'quantify') AS concepts
FROM results
WHERE study = :study
GROUP BY ALL
ORDER BY answered DESC, concepts DESC, dataset
