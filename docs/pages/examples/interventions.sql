-- Every change to a forward pass, with the direction it uses.
SELECT i.site, i.layers, i.kind, i.strength, d.kind AS direction
FROM interventions AS i
LEFT JOIN directions AS d USING (direction_id)
