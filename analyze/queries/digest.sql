-- A fingerprint of a data set's questions and answers that no order of rows changes.
SELECT
    (
        SELECT concat_ws(':', count(*), bit_xor(md5_number(CAST(row(
            request_key, question_id, scorer, version, value, label, place, margin, valid, reason
        ) AS VARCHAR))))
        FROM answers
        WHERE dataset = $dataset
    ) || '/' || (
        SELECT concat_ws(':', count(*), bit_xor(md5_number(CAST(row(
            question_id, concept, split, group_id, answer, choices
        ) AS VARCHAR))))
        FROM question_facts
        WHERE dataset = $dataset
    )
