-- Every model under one condition, with a number: rows of a million pairs hold numbers.
CREATE OR REPLACE TEMP TABLE askers AS
SELECT
    condition_id,
    any_value(model_id) AS model_id,
    CAST(row_number() OVER (ORDER BY condition_id) AS INTEGER) AS asker
FROM responses_history
GROUP BY condition_id
