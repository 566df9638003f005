-- Accuracy after and before training, of a model and of its control, as sums over clusters: only
-- questions that both answered in every order, of clusters in neither training set. Thirds are summed
-- as decimals, so that the order of rows decides nothing.
WITH seen AS (
    SELECT DISTINCT e.group_id
    FROM examples AS e
    JOIN trained_on AS t USING (training_set_id)
    WHERE list_contains($trained, t.model_id)
),

taught AS (
    SELECT DISTINCT q.concept
    FROM examples AS e
    JOIN trained_on AS t USING (training_set_id)
    JOIN questions AS q ON q.question_id = e.question_id
    WHERE t.model_id = $after
)

SELECT
    p.dataset,
    p.concept,
    p.reading,
    p.condition_id,
    p.other_condition_id,
    p.group_id AS cluster,
    p.concept IN (FROM taught) AS taught,
    count(*) AS n,
    sum(p.first_value) AS after,
    sum(p.other_value) AS before,
    sum(p.value) AS value,
    sum(b.chance::DECIMAL(18, 9))::DOUBLE AS chance,
    sum(b.majority_letter::DECIMAL(18, 9))::DOUBLE AS majority_letter,
    sum(b.longer_option::DECIMAL(18, 9))::DOUBLE AS longer_option,
    sum(b.option_prior::DECIMAL(18, 9))::DOUBLE AS option_prior,
    sum(s.unaware_option::DECIMAL(18, 9))::DOUBLE AS unaware_option,
    sum(s.plan_length::DECIMAL(18, 9))::DOUBLE AS plan_length
FROM question_pairs AS p
JOIN question_baselines AS b ON b.question_id = p.question_id
JOIN question_shortcuts AS s ON s.question_id = p.question_id
WHERE p.dataset = $dataset AND p.model_id = $after AND p.other_model_id = $before
    AND p.group_id NOT IN (FROM seen)
GROUP BY ALL
ORDER BY ALL
