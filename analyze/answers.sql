-- One row per scored response, with its question, its model and its condition.
-- Scores are our own, of the response's current attempt; another tool's stand in `imported_scores`.
SELECT
    q.dataset,
    q.concept,
    q.split,
    q.group_id,
    r.question_id,
    r.model_id,
    m.name AS model,
    r.condition_id,
    c.persona,
    c.intervention_id,
    r.reading,
    r.variant,
    r.sample_index,
    r.request_key,
    r.status,
    r.text,
    q.answer,
    q.n_choices,
    q.chance,
    q.answerable,
    q.identical_options,
    q.abstentions,
    s.scorer,
    s.version,
    s.value,
    s.label,
    s.place,
    s.margin,
    s.valid,
    s.reason
FROM responses AS r
JOIN scores AS s ON s.request_key = r.request_key AND s.attempt = r.attempt
JOIN question_facts AS q ON q.question_id = r.question_id
LEFT JOIN models AS m ON m.model_id = r.model_id
LEFT JOIN conditions AS c ON c.condition_id = r.condition_id
WHERE s.scorer IN ('letter', 'cloze', 'parsed')
