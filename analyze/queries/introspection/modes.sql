-- The commonest value of every task and property among a target's answers to training strings,
-- against its answers to the others: sums over clusters. Equally common values count in the order of
-- the alphabet.
WITH counted AS (
    SELECT condition_id, task, property, value, count(*) AS times
    FROM property_values
    WHERE dataset = $dataset AND temperature = 0 AND sample_index = 0 AND split = 'train' AND compliant
    GROUP BY ALL
),

modes AS (
    SELECT * FROM counted
    QUALIFY row_number() OVER (
        PARTITION BY condition_id, task, property ORDER BY times DESC, value
    ) = 1
),

judged AS (
    SELECT DISTINCT target_id, target_condition_id, task, property, item, cluster, actual
    FROM pairs
    WHERE answer_compliant AND NOT trained_on
)

SELECT
    j.target_id,
    j.target_condition_id,
    j.property,
    j.cluster,
    count(m.value) AS n,
    count(*) FILTER (m.value IS NULL) AS without,
    coalesce(sum((j.actual = m.value)::INTEGER), 0)::DOUBLE AS value
FROM judged AS j
LEFT JOIN modes AS m
    ON m.condition_id = j.target_condition_id AND m.task IS NOT DISTINCT FROM j.task
    AND m.property = j.property
GROUP BY ALL
