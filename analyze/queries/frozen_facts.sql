-- One data set's questions, their names as numbers; `key` is the name as the lake has it.
SELECT
    * REPLACE (
        CAST(question_id AS question_names) AS question_id,
        CAST(concept AS concept_names) AS concept,
        CAST(group_id AS group_names) AS group_id
    ),
    question_id AS key
FROM named_facts
