-- Requests that were tried more than once, and what they may have cost at most.
SELECT request_key, count(*) AS tries, sum(max_cost_usd) AS at_most_usd
FROM attempts
GROUP BY request_key
HAVING count(*) > 1
