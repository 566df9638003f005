-- The scorers of other tools with estimates on one question set.
SELECT DISTINCT reading
FROM results
WHERE study = :study AND analysis = 'quantify' AND dataset = :dataset
    AND metric = 'imported_score'
ORDER BY reading
