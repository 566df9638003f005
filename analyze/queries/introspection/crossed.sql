-- Two models that each predict both, on the items that all four predicted: half the sum of how much
-- oftener each predicts itself than the other does. With `labels` equal for both, of the answers
-- that are as frequent in one model as in the other.
WITH four AS (
    SELECT
        a.item,
        a.task,
        a.property,
        a.cluster,
        a.actual AS first_actual,
        c.actual AS second_actual,
        a.correct::INTEGER - b.correct::INTEGER AS first_gain,
        c.correct::INTEGER - d.correct::INTEGER AS second_gain
    FROM numbered_pairs AS a
    JOIN numbered_pairs AS b
        ON b.item = a.item AND b.property = a.property
        AND b.target = $first AND b.predictor = $on_first
    JOIN numbered_pairs AS c
        ON c.item = a.item AND c.property = a.property
        AND c.target = $second AND c.predictor = $self_second
    JOIN numbered_pairs AS d
        ON d.item = a.item AND d.property = a.property
        AND d.target = $second AND d.predictor = $on_second
    WHERE a.target = $first AND a.predictor = $self_first
        AND a.answer_compliant AND c.answer_compliant
        AND NOT (a.trained_on OR b.trained_on OR c.trained_on OR d.trained_on)
),

sides AS (
    SELECT *, first_actual AS label, first_gain AS gain, 1 AS side FROM four
    UNION ALL
    SELECT *, second_actual AS label, second_gain AS gain, 2 AS side FROM four
),

ranked AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY side, task, property, label ORDER BY hash(item, property)
        ) AS place,
        count(*) FILTER (side = 1) OVER (PARTITION BY task, property, label) AS in_first,
        count(*) FILTER (side = 2) OVER (PARTITION BY task, property, label) AS in_second
    FROM sides
)

SELECT
    property,
    cluster,
    count(*) FILTER (side = 1) AS n,
    0.5 * sum(gain) AS value,
    count(*) FILTER (side = 1 AND first_actual <> second_actual) AS n_differing,
    coalesce(0.5 * sum(gain) FILTER (first_actual <> second_actual), 0) AS value_differing,
    0.5 * count(*) FILTER (place <= least(in_first, in_second)) AS n_rebalanced,
    coalesce(0.5 * sum(gain) FILTER (place <= least(in_first, in_second)), 0) AS value_rebalanced
FROM ranked
GROUP BY ALL
