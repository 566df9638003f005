-- Replies marked ok whose text is an error message.
SELECT
    count(*) FILTER (wrong) AS count,
    count(*) AS total,
    any_value(left(text, 120)) FILTER (wrong) AS example
FROM (
    SELECT
        r.text,
        regexp_matches(
            r.text,
            '(?i)^\s*(error\b\s*[:(\d]|\{"error"|traceback \(most recent'
            || '|(http\S* )?(429|50[0234])[ :-]+(too many|internal|bad gateway|service|gateway)'
            || '|rate limit|too many requests|internal server error|service unavailable'
            || '|bad gateway|request timed out|api key|null$|none$|nan$)'
        ) AS wrong
    FROM responses AS r
    JOIN questions AS q ON q.question_id = r.question_id
    WHERE q.dataset = $dataset AND r.status = 'ok' AND r.text IS NOT NULL
)
