-- One row per question read in every order it was asked in, two at least: the share of pairs of replies under different orders that choose the same option.
-- With one reply an order this is 1 or 0; an exact tie agrees with nothing.
WITH choices AS (
    SELECT question_id, condition_id, reading, label, count(*) AS n
    FROM answers
    WHERE label IS NOT NULL AND scorer = CASE reading WHEN 'text' THEN 'parsed' ELSE reading END
    GROUP BY question_id, condition_id, reading, variant, label
),

options AS (
    SELECT question_id, condition_id, reading, sum(n) ** 2 - sum(n ** 2) AS same_pairs
    FROM choices
    GROUP BY question_id, condition_id, reading, label
),

agreement AS (
    SELECT question_id, condition_id, reading, sum(same_pairs) AS same_pairs
    FROM options
    GROUP BY question_id, condition_id, reading
)

SELECT
    q.dataset,
    q.concept,
    q.group_id,
    q.question_id,
    q.model_id,
    q.condition_id,
    q.reading,
    q.answerable,
    coalesce(a.same_pairs, 0) / q.cross_order_pairs AS same_choice
FROM question_answers AS q
LEFT JOIN agreement AS a USING (question_id, condition_id, reading)
WHERE q.n_orders > 1 AND NOT q.missing
