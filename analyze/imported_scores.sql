-- One row per question, condition and scorer of another tool: the mean over samples of the value that the tool gave.
-- Their names hold a slash, as `inspect/match` or `lm-eval/acc`. Questions that were put under
-- the condition but have no value of the scorer are there with NULL. `total` adds the values of
-- all samples, so that sum(total) / sum(n_values) is the tool's own mean.
WITH given AS (
    SELECT
        r.question_id,
        r.model_id,
        r.condition_id,
        s.scorer,
        count(s.value) AS n_values,
        sum(s.value) AS total,
        min(s.value) AS lowest,
        max(s.value) AS highest
    FROM scores AS s
    JOIN responses AS r ON r.request_key = s.request_key AND r.attempt = s.attempt
    WHERE contains(s.scorer, '/')
    GROUP BY r.question_id, r.model_id, r.condition_id, s.scorer
),

asked AS (
    SELECT q.dataset, coalesce(q.concept, q.dataset) AS concept, q.group_id, r.question_id,
        r.model_id, r.condition_id, count(*) AS n_responses
    FROM responses AS r
    JOIN questions AS q ON q.question_id = r.question_id
    WHERE r.condition_id IN (SELECT condition_id FROM given)
    GROUP BY ALL
),

scorers AS (
    SELECT DISTINCT a.dataset, a.concept, g.condition_id, g.scorer
    FROM given AS g
    JOIN asked AS a USING (question_id, condition_id)
)

SELECT
    a.dataset,
    a.concept,
    a.group_id,
    a.question_id,
    a.model_id,
    a.condition_id,
    w.scorer,
    a.n_responses,
    coalesce(g.n_values, 0) AS n_values,
    g.total,
    g.lowest,
    g.highest,
    g.total / g.n_values AS value
FROM asked AS a
JOIN scorers AS w USING (dataset, concept, condition_id)
LEFT JOIN given AS g USING (question_id, model_id, condition_id, scorer)
