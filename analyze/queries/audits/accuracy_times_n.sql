-- Accuracies that no whole number of right answers can give.
WITH looked_at AS (
    SELECT *, estimate * n * CAST(detail ->> '$.steps' AS BIGINT) AS right_steps
    FROM results
    WHERE dataset = $dataset AND study = $study AND metric = 'accuracy'
        AND estimate IS NOT NULL AND detail ->> '$.steps' IS NOT NULL
)

SELECT
    count(*) FILTER (wrong) AS count,
    count(*) AS total,
    any_value(format('{} · {} · {}: {} of {}', model_id, reading, concept, estimate, n))
        FILTER (wrong) AS example
FROM (SELECT *, abs(right_steps - round(right_steps)) > 1e-6 * greatest(n, 1) AS wrong FROM looked_at)
