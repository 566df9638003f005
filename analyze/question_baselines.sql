-- One row per answerable question: what rules that read no meaning would score on it.
-- majority_letter: the concept's commonest right letter. longer_option: the longest option.
-- option_prior: the option that was right most often among its uses in other families of the
-- concept, one half for a text that no other family uses. Ties share: one half for two options.
WITH facts AS (
    SELECT * FROM question_facts WHERE answerable
),

letters AS (
    SELECT dataset, concept, answer, count(*) AS n FROM facts GROUP BY dataset, concept, answer
),

majority AS (
    SELECT dataset, concept, list(answer) AS winners
    FROM (
        SELECT * FROM letters QUALIFY n = max(n) OVER (PARTITION BY dataset, concept)
    )
    GROUP BY dataset, concept
),

options AS (
    SELECT
        question_id,
        dataset,
        concept,
        group_id,
        place = right_place AS is_right,
        trim(choices[place]) AS option
    FROM (
        SELECT *, unnest(range(1, n_choices + 1)) AS place FROM facts
    )
),

uses AS (
    SELECT dataset, concept, option, group_id, sum(is_right::INTEGER) AS n_right, count(*) AS n
    FROM options
    GROUP BY dataset, concept, option, group_id
),

elsewhere AS (
    SELECT
        dataset,
        concept,
        option,
        group_id,
        coalesce(
            (sum(n_right) OVER texts - n_right) / nullif(sum(n) OVER texts - n, 0), 0.5
        ) AS prior
    FROM uses
    WINDOW texts AS (PARTITION BY dataset, concept, option)
),

scored AS (
    SELECT
        question_id,
        is_right,
        length(option) AS size,
        prior,
        max(length(option)) OVER question AS longest,
        max(prior) OVER question AS likeliest
    FROM options
    JOIN elsewhere USING (dataset, concept, option, group_id)
    WINDOW question AS (PARTITION BY question_id)
),

rules AS (
    SELECT
        question_id,
        coalesce(max(1) FILTER (is_right AND size = longest), 0)
            / count(*) FILTER (size = longest) AS longer_option,
        coalesce(max(1) FILTER (is_right AND prior = likeliest), 0)
            / count(*) FILTER (prior = likeliest) AS option_prior
    FROM scored
    GROUP BY question_id
)

SELECT
    facts.dataset,
    facts.concept,
    facts.split,
    facts.group_id,
    facts.question_id,
    facts.n_choices,
    facts.chance,
    CASE WHEN list_contains(majority.winners, facts.answer)
        THEN 1.0 / len(majority.winners) ELSE 0.0 END AS majority_letter,
    rules.longer_option,
    rules.option_prior
FROM facts
JOIN majority USING (dataset, concept)
JOIN rules USING (question_id)
