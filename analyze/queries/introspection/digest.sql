-- A text that changes with any answer, prediction or training row that the estimates stand on.
SELECT
    concat_ws(
        ':',
        (
            SELECT concat_ws(':', count(*), bit_xor(md5_number(concat_ws(
                '|', request_key, property, value, compliant
            )))) FROM property_values WHERE dataset = $dataset
        ),
        (
            SELECT concat_ws(':', count(*), bit_xor(md5_number(concat_ws(
                '|', request_key, property, value, compliant
            )))) FROM predictions WHERE dataset = $dataset
        ),
        (
            SELECT concat_ws(':', count(*), bit_xor(md5_number(concat_ws(
                '|', model_id, group_id, task, property
            )))) FROM trained_properties
        )
    )
