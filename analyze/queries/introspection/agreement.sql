-- How often two different samples of one answer have the same value: sums over clusters.
WITH counted AS (
    SELECT model_id, condition_id, property, object_id, value, count(*) AS times
    FROM property_values
    WHERE dataset = $dataset AND compliant AND split IS DISTINCT FROM 'train'
    GROUP BY ALL
),

agreeing AS (
    SELECT
        model_id,
        condition_id,
        property,
        object_id,
        sum(times * (times - 1)) / (sum(times) * (sum(times) - 1)) AS value
    FROM counted
    GROUP BY ALL
    HAVING sum(times) > 1
)

SELECT
    a.model_id,
    a.condition_id,
    a.property,
    i.cluster,
    count(*) AS n,
    0 AS without,
    sum(a.value) AS value
FROM agreeing AS a
JOIN items AS i USING (object_id)
GROUP BY ALL
ORDER BY ALL
