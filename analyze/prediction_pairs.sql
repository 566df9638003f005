-- One row per prediction and answer: the first sample of every target and of every predictor that
-- were asked at the same temperature about the same string. A prediction that is not compliant is
-- wrong; where the answer is not compliant nothing can be predicted, and `correct` is NULL.
SELECT
    v.dataset,
    v.task,
    v.property,
    v.object_id,
    v.group_id,
    v.split,
    v.model_id AS target_id,
    v.condition_id AS target_condition_id,
    p.model_id AS predictor_id,
    p.condition_id AS predictor_condition_id,
    v.temperature,
    v.value AS actual,
    v.compliant AS answer_compliant,
    p.value AS predicted,
    p.compliant AS prediction_compliant,
    CASE WHEN v.compliant THEN p.compliant AND p.value = v.value END AS correct,
    coalesce(v.split = 'train', false) OR EXISTS (
        SELECT 1 FROM trained_properties AS t
        WHERE t.model_id = p.model_id AND t.group_id = v.group_id
    ) AS trained_on,
    v.request_key AS answer_key,
    p.request_key AS prediction_key
FROM property_values AS v
JOIN predictions AS p
    ON p.object_id = v.object_id AND p.property = v.property AND p.temperature = v.temperature
WHERE v.sample_index = 0 AND p.sample_index = 0
