-- Every direction with the length it had before it was scaled to one.
SELECT kind, concept, site, layer, norm, list_dot_product(vector, vector) AS squared_length
FROM directions
ORDER BY kind, concept, layer
