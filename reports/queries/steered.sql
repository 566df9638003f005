-- How much was steered for the study's results: interventions, the directions that they go along,
-- the random ones beside them, and answers.
SELECT
    count(DISTINCT c.condition_id) AS interventions,
    count(DISTINCT d.direction_id) FILTER (WHERE d.kind <> 'random') AS directions,
    count(DISTINCT d.direction_id) FILTER (WHERE d.kind = 'random') AS random_directions,
    count(*) AS answers
FROM responses AS s
JOIN conditions AS c ON c.condition_id = s.condition_id
JOIN interventions AS i ON i.intervention_id = c.intervention_id AND i.edit = 0
JOIN directions AS d ON d.direction_id = i.direction_id
WHERE coalesce(json_extract_string(d.params, '$.like'), d.direction_id) IN (
    SELECT direction_id FROM results WHERE study = :study AND analysis = 'steer'
)
