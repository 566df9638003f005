-- The samples of answers, and of predictions about them, that were drawn at one temperature: a row a
-- target, predictor, property and string; a sample that is not compliant is NULL.
WITH answered AS (
    SELECT
        model_id,
        condition_id,
        temperature,
        property,
        object_id,
        group_id,
        list(CASE WHEN compliant THEN value END ORDER BY sample_index) AS answers
    FROM property_values
    WHERE dataset = $dataset AND temperature > 0 AND split IS DISTINCT FROM 'train'
    GROUP BY ALL
    HAVING count(*) > 1
),

foretold AS (
    SELECT
        p.model_id,
        p.condition_id,
        p.temperature,
        p.property,
        p.object_id,
        list(CASE WHEN p.compliant THEN p.value END ORDER BY p.sample_index) AS predictions
    FROM predictions AS p
    ANTI JOIN trained_properties AS t ON t.model_id = p.model_id AND t.group_id = p.group_id
    WHERE p.dataset = $dataset AND p.temperature > 0
    GROUP BY ALL
    HAVING count(*) > 1
)

SELECT
    a.model_id AS target_id,
    a.condition_id AS target_condition_id,
    f.model_id AS predictor_id,
    f.condition_id AS predictor_condition_id,
    a.property,
    a.object_id,
    a.group_id,
    a.answers,
    f.predictions
FROM answered AS a
JOIN foretold AS f
    ON f.object_id = a.object_id AND f.property = a.property AND f.temperature = a.temperature
ORDER BY target_condition_id, predictor_condition_id, a.property, a.object_id
