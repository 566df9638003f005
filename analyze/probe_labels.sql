-- One row per state that is probed: what it is asked about, and the truth. Joins `activations` on
-- `question_id`, `variant` and `position`.
-- `right`: the reply that was appended names, or is, the right option (`replied` in stored order).
-- `answer`: at the end of the prompt, the right option is the one shown as (A).
SELECT
    question_id, dataset, concept, group_id, fold, 'right' AS label, 'choice' AS position,
    shown || '+' || letter AS variant, shown,
    shown[ord(letter) - 64] AS replied, shown[ord(letter) - 64] = answer AS truth
FROM question_folds
CROSS JOIN (VALUES ('AB'), ('BA')) AS orders(shown)
CROSS JOIN (VALUES ('A'), ('B')) AS letters(letter)
UNION ALL
SELECT
    question_id, dataset, concept, group_id, fold, 'right', 'choice',
    '-+' || replied, '-', replied, replied = answer
FROM question_folds CROSS JOIN (VALUES ('A'), ('B')) AS options(replied)
UNION ALL
SELECT
    question_id, dataset, concept, group_id, fold, 'answer', 'last',
    shown, shown, NULL, shown[1] = answer
FROM question_folds CROSS JOIN (VALUES ('AB'), ('BA')) AS orders(shown)
