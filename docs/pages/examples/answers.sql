-- The replies of one reading beside the right letter.
SELECT model, concept, variant, text, label, answer, value, reason
FROM answers
WHERE reading = 'text'
LIMIT 20
