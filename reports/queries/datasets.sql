-- Question sets with results in the study and the analyses that made them; the answered ones
-- first, the one with most concepts before the others.
SELECT
    coalesce(dataset, '') AS dataset,
    bool_or(analysis = 'quantify') AS answered,
    bool_or(analysis = 'probe') AS probed,
    bool_or(analysis = 'steer') AS steered,
    bool_or(analysis = 'self-prediction') AS predicted,
    bool_or(analysis = 'behavior-change') AS changed,
    bool_or(analysis = 'calibration') AS calibrated,
    bool_or(analysis = 'acquisition') AS acquired,
    count(DISTINCT concept) FILTER (WHERE analysis = 'quantify') AS concepts
FROM results
WHERE study = :study
GROUP BY ALL
ORDER BY answered DESC, concepts DESC, dataset
