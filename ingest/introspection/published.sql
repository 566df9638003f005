-- One row per published row and target: the accuracy of its block as it was published, and of those
-- items of the block that ask for the row's own property (`filtered_…`). `error` is 1.96 standard
-- errors. The last row of a target is over its different items.
WITH items AS (
    SELECT
        s.value,
        q.property,
        s.detail ->> '$.predictor' AS meta_model,
        s.detail ->> '$.target' AS object_model,
        CAST(s.detail -> '$.blocks' AS VARCHAR[]) AS blocks,
        CAST(s.detail -> '$.rows' AS BIGINT[]) AS item_rows
    FROM scores AS s
    JOIN responses AS r ON r.request_key = s.request_key AND r.attempt = s.attempt
    JOIN questions AS q ON q.question_id = r.question_id
    WHERE q.dataset = $dataset AND s.scorer = $scorer
),

placed AS (
    SELECT
        * EXCLUDE (blocks, item_rows), unnest(blocks) AS response_property,
        unnest(item_rows) AS item_row
    FROM items
    UNION ALL
    SELECT
        * EXCLUDE (blocks, item_rows), $micro AS response_property, list_max(item_rows) AS item_row
    FROM items
)

SELECT
    response_property,
    object_model,
    meta_model,
    avg(value) AS accuracy,
    1.96 * stddev_samp(value) / sqrt(count(*)) AS error,
    count(*) AS "count",
    avg(value) FILTER (own) AS filtered_accuracy,
    count(*) FILTER (own) AS filtered_count
FROM (
    SELECT
        *,
        response_property = $micro OR property = split_part(response_property, '/', -1) AS own
    FROM placed
)
GROUP BY response_property, object_model, meta_model
ORDER BY max(item_row), response_property = $micro, response_property
