-- Scores of the `letter` and `cloze` responses that this version has not read yet.
-- A cloze option is judged by its log-probability per character, so that length alone does
-- not decide. Options whose log-probabilities are equal share the choice. Where a provider
-- reports only the most probable tokens, an option without a value is less probable than all
-- that have one: it cannot be the choice, but a margin over it is not known.
WITH unread AS (
    SELECT
        r.request_key,
        r.reading,
        r.attempt,
        r.status,
        r.origin,
        r.variant,
        len(q.choices) AS n_choices,
        CASE
            WHEN regexp_full_match(q.answer, '[A-Z]') AND ord(q.answer) - 64 <= len(q.choices)
            THEN ord(q.answer) - 64
        END AS right_place,
        CASE
            WHEN r.reading = 'cloze' AND len(r.choice_logprobs) = len(q.choices)
            THEN list_transform(
                r.choice_logprobs,
                lambda logprob, place: logprob / greatest(length(q.choices[place]), 1)
            )
            ELSE r.choice_logprobs
        END AS logprobs
    FROM responses AS r
    JOIN questions AS q ON q.question_id = r.question_id
    WHERE r.reading IN ('letter', 'cloze') AND len(q.choices) >= 2
        -- Steered answers are read by `steered_shifts`; a sweep has a hundred thousand of them.
        AND r.condition_id NOT IN (
            SELECT condition_id FROM conditions WHERE intervention_id IS NOT NULL
        )
        AND NOT EXISTS (
            SELECT 1
            FROM scores AS s
            WHERE s.request_key = r.request_key AND s.scorer = r.reading
                AND s.version = $version AND s.attempt = r.attempt
        )
),

judged AS (
    SELECT
        *,
        status = 'ok' AND coalesce(
            len(logprobs) = n_choices AND isfinite(list_max(logprobs))
            AND (origin = 'generated' OR len(list_filter(logprobs, lambda x: x IS NULL)) = 0),
            false
        ) AS valid,
        list_max(logprobs) AS best
    FROM unread
),

chosen AS (
    SELECT
        *,
        CASE WHEN valid THEN len(list_filter(logprobs, lambda x: x = best)) END AS n_best,
        CASE WHEN valid THEN
            logprobs[right_place] - list_max(
                list_concat(logprobs[: right_place - 1], logprobs[right_place + 1 :])
            )
        END AS margin,
        CASE WHEN valid THEN chr(CAST(64 + list_position(logprobs, best) AS INTEGER)) END AS letter
    FROM judged
)

SELECT
    request_key,
    reading AS scorer,
    CAST($version AS INTEGER) AS version,
    CASE
        WHEN NOT valid OR right_place IS NULL THEN NULL
        WHEN logprobs[right_place] = best THEN 1.0::DOUBLE / n_best
        ELSE 0.0::DOUBLE
    END AS value,
    CASE WHEN n_best = 1 THEN letter END AS label,
    valid,
    CASE
        WHEN valid THEN NULL
        WHEN status <> 'ok' THEN status
        ELSE 'no log-probabilities'
    END AS reason,
    CASE WHEN isfinite(margin) THEN margin END AS margin,
    CASE WHEN n_best = 1 AND variant <> '-' AND strpos(variant, letter) > 0
        THEN CAST(strpos(variant, letter) - 1 AS INTEGER) END AS place,
    attempt
FROM chosen
