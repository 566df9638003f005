-- One row per question with options: its right option, what chance gets, and whether it can be answered.
-- `answerable` needs a right letter whose text no other option repeats; `abstentions` are the
-- letters of options that do nothing but decline to answer, such as "I do not know".
SELECT
    question_id,
    dataset,
    coalesce(concept, dataset) AS concept,
    split,
    group_id,
    coalesce(group_kind, 'paraphrase') = 'paraphrase' AS paraphrased,
    answer,
    choices,
    len(choices) AS n_choices,
    1.0 / len(choices) AS chance,
    right_place,
    coalesce(same_as_right = 1, false) AS answerable,
    coalesce(same_as_right > 1, false) AS identical_options,
    list_filter(
        list_transform(
            choices,
            lambda option, place: CASE WHEN regexp_full_match(
                lower(trim(option)),
                '((i|we) (really |just )?(do not|don.t|cannot|can.t) (know|tell|say)'
                || '|(i am |i.m |we are )?(unsure|not sure|uncertain)'
                || '|(it |this |that )?(cannot|can.t) be (known|told|determined|answered)'
                || '|(no one|nobody) (knows|can know|can tell)'
                || '|(there is )?not enough information|unknown|unanswerable)'
                || '( it| this| that| the answer| for sure)*\W*'
            ) THEN chr(CAST(64 + place AS INTEGER)) END
        ),
        lambda letter: letter IS NOT NULL
    ) AS abstentions
FROM (
    SELECT
        *,
        len(list_filter(choices, lambda option: trim(option) = trim(choices[right_place])))
            AS same_as_right
    FROM (
        SELECT
            *,
            CASE
                WHEN regexp_full_match(answer, '[A-Z]') AND ord(answer) - 64 <= len(choices)
                THEN ord(answer) - 64
            END AS right_place
        FROM questions
        WHERE len(choices) >= 2
    )
)
