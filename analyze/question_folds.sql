-- One row per answerable question of two options: the fold, 0 to 4, in which its group is held out.
-- Groups of a concept are dealt out in the order of task, majority letter and a hash, so each fold
-- has its share of every task and letter, no group is in two, and everyone gets the same folds.
-- Directions for steering are fitted outside fold 0.
WITH asked AS (
    SELECT f.question_id, f.dataset, f.concept, f.group_id, f.answer, coalesce(q.task, '') AS task
    FROM question_facts AS f JOIN questions AS q USING (question_id)
    WHERE f.answerable AND f.n_choices = 2
), grouped AS (
    SELECT dataset, concept, group_id, min(task) AS task,
        round(avg(CAST(answer = 'A' AS INTEGER))) AS mostly_a
    FROM asked GROUP BY ALL
), dealt AS (
    SELECT dataset, concept, group_id, row_number() OVER (
        PARTITION BY dataset, concept ORDER BY task, mostly_a, sha256(group_id)
    ) AS place
    FROM grouped
)
SELECT
    question_id, dataset, concept, group_id, answer,
    CAST((place - 1) % 5 AS INTEGER) AS fold
FROM asked JOIN dealt USING (dataset, concept, group_id)
