-- Families that are known in some wordings and not in all.
SELECT concept, group_id, reading, n_wordings, value, chance
FROM family_answers
WHERE value < 1
ORDER BY concept, group_id
