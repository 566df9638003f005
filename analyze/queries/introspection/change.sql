-- What a changed model predicts, against its answers before and after the change: sums over
-- clusters of the items whose answers are compliant on both sides. `both` can never be above 0
-- where the answers differ. The columns of `rebalanced` count items of the values that are as
-- frequent after the change as before.
WITH items AS (
    SELECT
        n.task,
        n.property,
        n.item,
        n.cluster,
        o.actual AS before,
        n.actual AS after,
        o.actual <> n.actual AS shifted,
        o.correct::INTEGER AS old_right,
        n.correct::INTEGER AS new_right
    FROM pairs AS n
    JOIN pairs AS o
        ON o.item = n.item AND o.property = n.property
        AND o.predictor_condition_id = n.predictor_condition_id
    WHERE n.target_id = $new AND n.predictor_id = $new AND o.target_id = $old
        AND n.answer_compliant AND o.answer_compliant AND NOT n.trained_on
),

sides AS (
    SELECT item, task, property, before AS label, 1 AS side FROM items WHERE shifted
    UNION ALL
    SELECT item, task, property, after AS label, 2 AS side FROM items WHERE shifted
),

placed AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY side, task, property, label ORDER BY hash(item, property)
        ) <= least(
            count(*) FILTER (side = 1) OVER (PARTITION BY task, property, label),
            count(*) FILTER (side = 2) OVER (PARTITION BY task, property, label)
        ) AS kept
    FROM sides
)

SELECT
    i.property,
    i.cluster,
    i.shifted,
    count(*) AS n,
    sum(i.old_right)::DOUBLE AS old_right,
    sum(i.new_right)::DOUBLE AS new_right,
    sum(i.old_right * i.new_right)::DOUBLE AS both,
    count(*) FILTER (b.kept) AS n_old_rebalanced,
    coalesce(sum(i.old_right) FILTER (b.kept), 0)::DOUBLE AS old_rebalanced,
    count(*) FILTER (a.kept) AS n_new_rebalanced,
    coalesce(sum(i.new_right) FILTER (a.kept), 0)::DOUBLE AS new_rebalanced
FROM items AS i
LEFT JOIN placed AS b ON b.side = 1 AND b.item = i.item AND b.property = i.property
LEFT JOIN placed AS a ON a.side = 2 AND a.item = i.item AND a.property = i.property
GROUP BY ALL
ORDER BY ALL
