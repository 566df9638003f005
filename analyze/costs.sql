-- What every try cost, summed by study, model and day (UTC): one row for each.
-- A try whose outcome nobody learned counts beside the sum, at the most it can have cost; an
-- answer without a price is counted as unpriced, never as free. Both sums are NULL where no
-- price is known.
SELECT
    runs.study,
    models.name AS model,
    CAST(a.started_at AS DATE) AS day,
    count(*) AS attempts,
    count(*) FILTER (a.outcome = 'unknown') AS unknown_outcomes,
    count(*) FILTER (a.cost_usd IS NULL AND a.outcome <> 'unknown') AS unpriced,
    count(*) FILTER (a.batch_id IS NOT NULL) AS in_batches,
    sum(r.prompt_tokens) AS prompt_tokens,
    sum(r.completion_tokens) AS completion_tokens,
    sum(a.cost_usd) AS cost_usd,
    CASE WHEN count(*) FILTER (a.outcome = 'unknown' AND a.max_cost_usd IS NULL) = 0
        THEN coalesce(sum(a.max_cost_usd) FILTER (a.outcome = 'unknown'), 0)
    END AS most_unknown_usd
FROM attempts AS a
LEFT JOIN responses_history AS r ON r.request_key = a.request_key AND r.attempt = a.attempt
LEFT JOIN models ON models.model_id = a.model_id
LEFT JOIN runs ON runs.run_id = a.run_id
GROUP BY ALL
