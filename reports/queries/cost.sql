-- Requests, tokens and price of the answers behind the study's results.
SELECT
    count(*) AS requests,
    sum(prompt_tokens) AS prompt_tokens,
    sum(completion_tokens) AS completion_tokens,
    sum(cost_usd) AS cost_usd,
    count(*) FILTER (WHERE cost_usd IS NULL) AS price_unknown
FROM responses
WHERE condition_id IN (
    SELECT unnest([condition_id, other_condition_id])
    FROM results
    WHERE study = :study
        AND analysis IN ('quantify', 'self-prediction', 'calibration', 'acquisition')
)
