-- What each direction does at each dose, and beside it the widest of its random directions.
WITH curves AS (
    SELECT
        coalesce(beside, direction_id) AS direction_id,
        beside IS NOT NULL AS random,
        intervention_id,
        dose,
        avg(first_shift) AS shift
    FROM steered_shifts
    WHERE reading = 'letter'
    GROUP BY ALL
)
SELECT
    d.name,
    c.dose,
    avg(c.shift) FILTER (NOT c.random) AS shift,
    min(c.shift) FILTER (c.random) AS lowest_random,
    max(c.shift) FILTER (c.random) AS highest_random
FROM curves AS c
JOIN directions AS d USING (direction_id)
GROUP BY ALL
ORDER BY ALL
