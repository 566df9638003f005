-- A fingerprint of a data set's questions and answers that no order of rows changes, taken of
-- the frozen answers.
SELECT
    (
        SELECT concat_ws(':', count(*), bit_xor(fingerprint), sum(fingerprint::HUGEINT))
        FROM answers
    ) || '/' || (
        SELECT concat_ws(':', count(*), bit_xor(md5_number(CAST(row(
            key, concept, split, group_id, paraphrased, answer, choices
        ) AS VARCHAR))))
        FROM question_facts
    )
