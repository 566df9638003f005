-- Five questions by mean score and margin: the easiest, the hardest of the two hardest families,
-- and two drawn by hash.
WITH items AS (
    SELECT
        s.question_id, any_value(q.group_id) AS family,
        -- Rounded: the order in which threads add must not show.
        round(avg(c.value), 12) AS value, round(avg(c.margin), 12) AS margin
    FROM scores AS c
    JOIN responses AS s ON s.request_key = c.request_key
    JOIN questions AS q ON q.question_id = s.question_id
    WHERE q.dataset = :dataset
        AND c.scorer = :scorer
        AND c.valid
        AND s.condition_id IN (
            SELECT condition_id FROM results WHERE study = :study AND analysis = 'quantify'
        )
    GROUP BY s.question_id
),

ranked AS (
    SELECT
        question_id, value, margin,
        row_number() OVER (ORDER BY value DESC, margin DESC NULLS LAST, question_id) AS best,
        row_number() OVER (ORDER BY sha256(question_id)) AS drawn
    FROM items
),

hardest AS (
    SELECT question_id, value, margin, row_number() OVER (ORDER BY value, margin, question_id) AS worst
    FROM (
        SELECT * FROM items
        QUALIFY row_number() OVER (PARTITION BY family ORDER BY value, margin, question_id) = 1
    )
),

chosen AS (
    SELECT question_id, value, margin, 1 AS place, 'easiest' AS why FROM ranked WHERE best = 1
    UNION ALL
    SELECT question_id, value, margin, 1 + worst, 'hardest' FROM hardest WHERE worst <= 2
    UNION ALL
    SELECT question_id, value, margin, 3 + drawn, 'drawn at random' FROM ranked WHERE drawn <= 2
)

SELECT
    x.question_id, x.value, x.margin, x.why,
    q.concept, q.group_id, q.messages, q.choices, q.answer, q.source_file, q.source_row
FROM chosen AS x
JOIN questions AS q ON q.question_id = x.question_id
QUALIFY row_number() OVER (PARTITION BY x.question_id ORDER BY x.place) = 1
ORDER BY x.place
