-- Scores of a batch of text replies, `unread`.
-- `parsed_texts` holds the letter, as shown, that each text names, its core words, and whether
-- it refuses; a text whose core is exactly one option's counts as that option.
WITH judged AS (
    SELECT
        r.*,
        p.letter AS shown_letter,
        p.refuses,
        list_filter(
            range(1, r.n_choices + 1),
            lambda place: p.core <> '' AND p.core = regexp_replace(
                regexp_replace(
                    lower(r.choices[place]),
                    '^[\s"''“”‘’*_`.,;:!?]+|[\s"''“”‘’*_`.,;:!?]+$', '', 'g'
                ),
                '^(the|an?)\s+', ''
            )
        ) AS same_text
    FROM unread AS r
    LEFT JOIN parsed_texts AS p ON p.text = r.text AND p.n_choices = r.n_choices
),

chosen AS (
    SELECT
        *,
        CASE
            WHEN shown_letter IS NOT NULL AND variant <> '-'
            THEN nullif(substr(variant, ord(shown_letter) - 64, 1), '')
            WHEN shown_letter IS NULL AND len(same_text) = 1
            THEN chr(CAST(64 + same_text[1] AS INTEGER))
        END AS label
    FROM judged
)

SELECT
    request_key,
    'parsed' AS scorer,
    CAST($version AS INTEGER) AS version,
    CASE WHEN regexp_full_match(answer, '[A-Z]') THEN (label = answer)::INTEGER::DOUBLE END AS value,
    label,
    label IS NOT NULL AS valid,
    CASE
        WHEN label IS NOT NULL THEN NULL
        WHEN status <> 'ok' THEN status
        WHEN refuses THEN 'refused'
        ELSE 'unparseable'
    END AS reason,
    NULL::DOUBLE AS margin,
    CASE WHEN strpos(variant, label) > 0 THEN CAST(strpos(variant, label) - 1 AS INTEGER) END
        AS place,
    attempt
FROM chosen
