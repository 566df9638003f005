-- Shares of right predictions of old and of new behaviour that add up to more than 1, though at most
-- one of them can be right of each item.
WITH sides AS (
    SELECT
        o.model_id, o.other_model_id, o.metric, o.concept, o.estimate + n.estimate AS total
    FROM results AS o
    JOIN results AS n
        ON n.dataset = o.dataset AND n.study = o.study AND n.params = o.params
        AND n.model_id = o.model_id AND n.other_model_id = o.other_model_id
        AND n.concept IS NOT DISTINCT FROM o.concept
        AND n.metric = replace(o.metric, 'accuracy_old', 'accuracy_new')
    WHERE o.dataset = $dataset AND o.study = $study AND o.analysis = 'behavior-change'
        AND n.analysis = 'behavior-change'
        AND o.metric IN ('accuracy_old', 'macro_accuracy_old')
)

SELECT
    count(*) FILTER (total > 1 + 1e-9) AS count,
    count(*) AS total,
    any_value(format('{} · {}: {}', model_id, coalesce(concept, metric), total))
        FILTER (total > 1 + 1e-9) AS example
FROM sides
