-- A fingerprint of another tool's scores of a data set that no order of rows changes; NULL where there are none.
SELECT CASE WHEN count(*) > 0 THEN
    concat_ws(':', count(*), bit_xor(md5_number(CAST(row(
        question_id, concept, group_id, condition_id, scorer, n_responses, n_values, total, lowest, highest
    ) AS VARCHAR))))
END
FROM imported_scores
WHERE dataset = $dataset
