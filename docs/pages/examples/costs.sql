-- What each model has cost, with the most that lost tries may have cost beside it.
SELECT model, sum(attempts) AS attempts, sum(cost_usd) AS usd, sum(most_unknown_usd) AS lost_usd
FROM costs GROUP BY ALL ORDER BY usd DESC
