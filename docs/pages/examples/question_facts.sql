-- Questions that no accuracy can use, and why.
SELECT concept, question_id, identical_options, answer
FROM question_facts
WHERE NOT answerable
