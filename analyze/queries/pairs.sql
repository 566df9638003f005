-- Sums over clusters of paired differences, each pair of conditions once; missing are the
-- questions put to both that one of them left without a readable answer.
-- The same pairs as `question_pairs`, joined by numbers: with ten models a million answers
-- make millions of pairs, and long keys would be most of the work.
WITH conditions AS (
    SELECT
        model_id,
        condition_id,
        row_number() OVER (ORDER BY model_id, condition_id) AS number
    FROM (SELECT DISTINCT model_id, condition_id FROM question_answers)
),

questions AS (
    SELECT question_id, concept, group_id, row_number() OVER () AS question
    FROM (SELECT DISTINCT question_id, concept, group_id FROM question_answers)
),

read AS (
    SELECT a.reading, c.number, q.question, a.value
    FROM question_answers AS a
    JOIN conditions AS c USING (model_id, condition_id)
    JOIN questions AS q USING (question_id)
    WHERE a.answerable
),

pairs AS (
    SELECT a.reading, a.number, b.number AS other, a.question, a.value AS x, b.value AS y
    FROM read AS a
    JOIN read AS b
        ON b.question = a.question AND b.reading = a.reading AND a.number < b.number
),

sums AS (
    SELECT
        reading,
        number,
        other,
        concept,
        group_id,
        count(x - y) AS n,
        count(*) - count(x - y) AS n_missing,
        coalesce(sum(x - y), 0) AS value,
        count(*) FILTER (x > y) AS first_better,
        count(*) FILTER (x < y) AS other_better,
        count(*) FILTER (x = 1 AND y = 1) AS both_right,
        count(*) FILTER (x = 0 AND y = 0) AS both_wrong,
        count(x - y) FILTER (x NOT IN (0, 1) OR y NOT IN (0, 1)) AS in_part
    FROM pairs
    JOIN questions USING (question)
    GROUP BY reading, number, other, concept, group_id
    QUALIFY sum(n) OVER (PARTITION BY reading, number, other, concept) > 0
)

SELECT
    sums.reading,
    a.model_id,
    a.condition_id,
    b.model_id AS other_model_id,
    b.condition_id AS other_condition_id,
    sums.* EXCLUDE (reading, number, other)
FROM sums
JOIN conditions AS a ON a.number = sums.number
JOIN conditions AS b ON b.number = sums.other
ORDER BY sums.reading, sums.number, sums.other, sums.concept, sums.group_id
