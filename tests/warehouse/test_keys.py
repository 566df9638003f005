from __future__ import annotations

import re

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse import keys

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
IDENTIFIERS = st.text("abcdefghij0123456789_-", min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(IDENTIFIERS, IDENTIFIERS, IDENTIFIERS, IDENTIFIERS, st.integers(0, 10**6)),
        min_size=1,
    )
)
def test_request_key_is_the_same_in_sql_and_python(rows):
    with duckdb.connect() as con:
        con.execute(
            "CREATE TABLE r (question_id VARCHAR, variant VARCHAR, reading VARCHAR,"
            " condition_id VARCHAR, sample_index INTEGER)"
        )
        con.executemany("INSERT INTO r VALUES (?, ?, ?, ?, ?)", rows)
        found = {k for (k,) in con.execute(f"SELECT {keys.REQUEST_KEY_SQL} FROM r").fetchall()}
    assert found == {keys.request_key(*row) for row in rows}
    assert all(re.fullmatch(r"k1_[0-9a-f]{60}", key) for key in found)


@given(TEXT, TEXT, st.lists(TEXT, max_size=4))
def test_question_key_depends_on_every_part(dataset, content, choices):
    key = keys.question_id(dataset, [{"role": "user", "content": content}], choices)
    others = [
        keys.question_id(dataset + "x", [{"role": "user", "content": content}], choices),
        keys.question_id(dataset, [{"role": "user", "content": content + "x"}], choices),
        keys.question_id(dataset, [{"role": "system", "content": content}], choices),
        keys.question_id(dataset, [{"role": "user", "content": content}], [*choices, "x"]),
    ]
    assert key not in others
    assert len(set(others)) == len(others)


def test_sample_index_is_part_of_the_key():
    made = {keys.request_key("q", "AB", "text", "c", i) for i in range(100)}
    assert len(made) == 100


def test_absent_and_null_columns_give_the_same_model_key():
    row = {"engine": "transformers", "base": "m", "weights_digest": "d"}
    assert keys.model_id(row) == keys.model_id({**row, "adapter": None, "card": "{}"})
    assert keys.model_id(row) != keys.model_id({**row, "adapter": "a"})
