-- The questions a model gets wrong in every order.
SELECT qa.concept, qa.reading, q.messages ->> '$[0].content' AS question, qa.value
FROM question_answers AS qa
JOIN questions AS q USING (question_id)
WHERE qa.answerable AND qa.value = 0
