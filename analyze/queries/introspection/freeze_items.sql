-- The object questions of one data set, with numbers for them and for their strings.
CREATE OR REPLACE TEMP TABLE items AS
SELECT
    question_id AS object_id,
    group_id,
    task,
    split,
    CAST(row_number() OVER (ORDER BY question_id) - 1 AS INTEGER) AS item,
    CAST(dense_rank() OVER (ORDER BY group_id) - 1 AS INTEGER) AS cluster
FROM questions
WHERE dataset = $dataset AND object_id IS NULL
    AND question_id IN (SELECT object_id FROM property_values WHERE dataset = $dataset)
