-- Every edit of a forward pass, with the direction it uses.
SELECT i.site, i.layer, i.kind, i.dose, i.strength, d.name AS direction
FROM interventions AS i
LEFT JOIN directions AS d USING (direction_id)
ORDER BY ALL
