-- Items that a model predicted of itself and another model predicted of it, on strings that neither
-- was trained on: of each outcome the first by hash, and one more that is drawn by hash.
WITH sets AS (
    SELECT unnest(coalesce(
        TRY_CAST(card -> '$.trained_on' AS VARCHAR[]), [card ->> '$.training_set_id']
    )) AS training_set_id
    FROM models
    WHERE model_id IN (SELECT model_id FROM conditions WHERE condition_id IN (:own, :other))
),

said AS (
    SELECT s.question_id, s.condition_id, s.text, c.scorer, c.label, c.valid, c.reason
    FROM responses AS s
    JOIN scores AS c ON c.request_key = s.request_key AND c.attempt = s.attempt
    WHERE s.condition_id IN (:target, :own, :other)
        AND s.sample_index = 0
        AND (c.scorer = 'prediction' OR starts_with(c.scorer, 'property:'))
),

judged AS (
    SELECT
        h.question_id, h.task, h.property, h.group_id, h.messages,
        q.messages AS object_messages, a.text AS answer, a.label AS actual,
        o.text AS own_reply, o.label AS own_value, o.valid AND o.label = a.label AS own_right,
        r.text AS other_reply, r.label AS other_value,
        r.valid AND r.label = a.label AS other_right
    FROM questions AS h
    JOIN questions AS q ON q.question_id = h.object_id
    JOIN said AS a ON a.question_id = h.object_id AND a.condition_id = :target
        AND a.scorer = 'property:' || h.property
    JOIN said AS o ON o.question_id = h.question_id AND o.condition_id = :own
        AND o.scorer = 'prediction'
    JOIN said AS r ON r.question_id = h.question_id AND r.condition_id = :other
        AND r.scorer = 'prediction'
    WHERE h.dataset = :dataset
        AND a.valid
        AND h.split IS DISTINCT FROM 'train'
        AND h.group_id NOT IN (
            SELECT group_id FROM examples
            WHERE role = 'hypothetical'
                AND training_set_id IN (SELECT training_set_id FROM sets)
        )
),

ranked AS (
    SELECT
        *,
        CASE
            WHEN own_right AND NOT other_right THEN 'only the model itself is right'
            WHEN other_right AND NOT own_right THEN 'only the other model is right'
            WHEN own_right THEN 'both are right'
            ELSE 'neither is right'
        END AS outcome,
        row_number() OVER (PARTITION BY own_right, other_right ORDER BY sha256(question_id)) AS place,
        row_number() OVER (ORDER BY sha256('drawn' || question_id)) AS drawn
    FROM judged
)

SELECT
    outcome, drawn = 1 AS drawn, question_id, task, property, group_id, object_messages, answer,
    actual, messages, own_reply, own_value, own_right, other_reply, other_value, other_right
FROM ranked
WHERE place = 1 OR drawn = 1
ORDER BY own_right DESC, other_right, place
