-- Pairs of conditions compared on fewer questions than one of them answered.
WITH accuracy AS (
    SELECT model_id, condition_id, reading, concept, n
    FROM results
    WHERE dataset = $dataset AND study = $study AND metric = 'accuracy'
),

pairs AS (
    SELECT d.concept, d.reading, d.n, a.n AS first_n, b.n AS other_n
    FROM results AS d
    JOIN accuracy AS a USING (model_id, condition_id, reading, concept)
    JOIN accuracy AS b
        ON b.model_id = d.other_model_id AND b.condition_id = d.other_condition_id
        AND b.reading = d.reading AND b.concept = d.concept
    WHERE d.dataset = $dataset AND d.study = $study AND d.metric = 'accuracy_difference'
)

SELECT
    count(*) FILTER (wrong) AS count,
    count(*) AS total,
    any_value(format('{} · {}: {} and {} questions, {} shared', concept, reading, first_n, other_n, n))
        FILTER (wrong) AS example
FROM (SELECT *, first_n <> other_n OR n < first_n AS wrong FROM pairs)
