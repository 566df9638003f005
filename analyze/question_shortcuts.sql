-- One row per answerable question: what the two shortcuts known of the step-4 data score on it.
-- unaware_option: the option that says someone is unaware, where exactly one says so.
-- plan_length: calls plans longer than a threshold right or wrong, whichever was right more often in
-- the concept's other families; rules that tie share. Elsewhere a shortcut guesses; NULL where it tells
-- nothing of the whole concept.
WITH facts AS (
    SELECT f.*, q.messages ->> '$[#-1].content' AS prompt
    FROM question_facts AS f
    JOIN questions AS q USING (question_id)
    WHERE f.answerable
),

said AS (
    SELECT
        question_id,
        list_filter(
            range(1, n_choices + 1),
            lambda place: regexp_matches(
                choices[place],
                '(?i)unaware|not aware|not know|not involved|unsure|uncertain|(not |un)familiar'
            )
        ) AS places
    FROM facts
),

plans AS (
    SELECT
        question_id,
        dataset,
        concept,
        group_id,
        lower(trim(choices[right_place])) AS verdict,
        len(string_split(trim(plan, chr(10)), chr(10))) AS steps
    FROM (
        SELECT *, regexp_extract(prompt, '(?s).*\[PLAN\]\n(.*?)\n\[PLAN END\]', 1) AS plan
        FROM facts
        WHERE contains(prompt, '[PLAN END]')
    )
    WHERE plan <> '' AND n_choices = 2
),

-- A rule says its verdict of plans with more steps than its threshold, the other one of the rest.
rules AS (
    SELECT dataset, concept, threshold, verdict
    FROM (SELECT DISTINCT dataset, concept, steps AS threshold FROM plans)
    JOIN (SELECT DISTINCT dataset, concept, verdict FROM plans) USING (dataset, concept)
),

judged AS (
    SELECT
        p.question_id,
        p.dataset,
        p.concept,
        p.group_id,
        r.threshold,
        r.verdict,
        (p.steps > r.threshold) = (p.verdict = r.verdict) AS is_right
    FROM plans AS p
    JOIN rules AS r ON r.dataset = p.dataset AND r.concept = p.concept
),

elsewhere AS (
    SELECT
        *,
        sum(n_right) OVER (PARTITION BY dataset, concept, threshold, verdict) - n_right AS n_others
    FROM (
        SELECT dataset, concept, group_id, threshold, verdict, sum(is_right::INTEGER) AS n_right
        FROM judged
        GROUP BY ALL
    )
),

best AS (
    SELECT dataset, concept, group_id, threshold, verdict
    FROM elsewhere
    QUALIFY n_others = max(n_others) OVER (PARTITION BY dataset, concept, group_id)
),

measured AS (
    SELECT question_id, avg(is_right::INTEGER) AS credit
    FROM judged
    JOIN best USING (dataset, concept, group_id, threshold, verdict)
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
    CASE
        WHEN NOT bool_or(len(said.places) = 1) OVER concepts THEN NULL
        WHEN len(said.places) = 1 THEN (said.places[1] = facts.right_place)::DOUBLE
        ELSE facts.chance
    END AS unaware_option,
    CASE
        WHEN count(measured.credit) OVER concepts > 0
        THEN coalesce(measured.credit, facts.chance)
    END AS plan_length
FROM facts
JOIN said USING (question_id)
LEFT JOIN measured USING (question_id)
WINDOW concepts AS (PARTITION BY facts.dataset, facts.concept)
