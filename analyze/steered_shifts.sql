-- One row per question, intervention and reading: what steering changed, beside the same question
-- under the same condition without it; each is averaged over the orders in which options were shown.
-- `first_shift` is the change of the margin of the option shown first over the other, in nats;
-- `right_shift` that of the right option over the wrong one, `text_shift` that of the right option's
-- text (both per character in the cloze reading); `kl` the divergence of the steered next-token
-- distribution from the unsteered one. Of a random direction `beside` names the one it stands beside.
WITH answered AS (
    SELECT
        r.question_id, r.condition_id, r.reading, r.variant, r.kl,
        q.dataset, q.concept, q.group_id, q.answer = 'A' AS right_is_one,
        r.choice_logprobs[1] / CASE r.reading WHEN 'cloze' THEN len(q.choices[1]) ELSE 1 END AS one,
        r.choice_logprobs[2] / CASE r.reading WHEN 'cloze' THEN len(q.choices[2]) ELSE 1 END AS two
    FROM responses AS r JOIN question_facts AS q USING (question_id)
    WHERE r.status = 'ok' AND r.reading IN ('letter', 'cloze')
        AND q.n_choices = 2 AND q.answerable
), margins AS (
    SELECT
        dataset, concept, group_id, question_id, condition_id, reading,
        avg(CASE variant WHEN 'AB' THEN one - two WHEN 'BA' THEN two - one END) AS first_margin,
        avg(CASE WHEN right_is_one THEN one - two ELSE two - one END) AS right_margin,
        avg(CASE WHEN one = two THEN 0.5 ELSE CAST((one > two) = right_is_one AS INTEGER) END)
            AS correct,
        avg(CASE WHEN right_is_one THEN one ELSE two END) AS right_text,
        avg(kl) AS kl
    FROM answered GROUP BY ALL
), put AS (
    -- Every condition with the one that is the same but for its intervention.
    SELECT
        c.condition_id, c.model_id, u.condition_id AS plain_id, c.intervention_id,
        i.direction_id, i.kind AS edit, i.positions, i.dose, i.strength,
        d.kind AS direction_kind,
        json_extract_string(d.params, '$.like') AS beside,
        json_extract_string(d.params, '$.family') AS family
    FROM conditions AS c
    JOIN conditions AS u ON u.intervention_id IS NULL AND u.model_id = c.model_id
        AND u.engine = c.engine AND u.template = c.template AND u.sampling = c.sampling
        AND u.dtype IS NOT DISTINCT FROM c.dtype AND u.persona IS NOT DISTINCT FROM c.persona
        AND u.system_prompt IS NOT DISTINCT FROM c.system_prompt
    LEFT JOIN interventions AS i ON i.intervention_id = c.intervention_id AND i.edit = 0
    LEFT JOIN directions AS d ON d.direction_id = i.direction_id
), beside_plain AS (
    SELECT
        * EXCLUDE (first_margin, right_margin, right_text),
        first_margin - max(first_margin) FILTER (intervention_id IS NULL) OVER same AS first_shift,
        right_margin - max(right_margin) FILTER (intervention_id IS NULL) OVER same AS right_shift,
        right_text - max(right_text) FILTER (intervention_id IS NULL) OVER same AS text_shift
    FROM margins JOIN put USING (condition_id)
    WINDOW same AS (PARTITION BY plain_id, question_id, reading)
)
SELECT
    dataset, concept, group_id, question_id, reading, model_id, plain_id, condition_id,
    intervention_id, direction_id, direction_kind, beside, family, edit, positions, dose, strength,
    first_shift, right_shift, text_shift, correct, kl
FROM beside_plain
WHERE intervention_id IS NOT NULL
