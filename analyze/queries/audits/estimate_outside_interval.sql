-- Estimates that do not lie in their own interval.
SELECT
    count(*) FILTER (wrong) AS count,
    count(*) AS total,
    any_value(format('{} {}: {} not in [{}, {}]', metric, concept, estimate, ci_low, ci_high))
        FILTER (wrong) AS example
FROM (
    SELECT *, estimate < ci_low - 1e-9 OR estimate > ci_high + 1e-9 AS wrong
    FROM results
    WHERE dataset = $dataset AND study = $study
        AND estimate IS NOT NULL AND ci_low IS NOT NULL
)
