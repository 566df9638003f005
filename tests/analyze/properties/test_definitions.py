"""Every property is what the paper's table says it is."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyze.properties import REGISTRY, values
from tests.analyze.properties.oracle import ORACLE

# 2,336 stored answers of four properties to raw replies, made by the paper's own code.
STORED = {"first_character": 862, "last_character": 862, "first_word": 272, "is_even": 340}

CHOICES = {name for name in REGISTRY if name.startswith(("is_either", "matches"))}


def of(name: str, replies: list[str], targets: list[str | None] | None = None) -> list[str | None]:
    """The value of the raw replies."""
    frame = pl.DataFrame(
        {"text": replies, "target": targets or [None] * len(replies)},
        schema={"text": pl.String, "target": pl.String},
    )
    wanted = REGISTRY[name].expression(pl.col("text"), pl.col("target"))
    return frame.select(wanted).to_series().to_list()


def test_every_property_has_an_oracle_or_is_about_choices():
    assert set(REGISTRY) == set(ORACLE) | CHOICES


ALPHABET = st.sampled_from("aAeEzZ09.\"' -+,\n\tÉ語?")


@pytest.mark.parametrize("name", ORACLE)
@settings(max_examples=15, deadline=None)
@given(texts=st.lists(st.text(ALPHABET, max_size=12) | st.integers(-999, 999).map(str), min_size=8))
def test_values_are_those_of_plain_python(name, texts):
    assert of(name, texts) == [ORACLE[name](text.strip()) for text in texts]


@pytest.mark.parametrize(
    ("name", "replies", "expected"),
    [
        ("is_even", ["42", "7.0", "1e3", "inf", "nan", "forty", "1,000", ""],
         ["true", "false", "true", None, None, None, None, None]),
        ("is_even_direct", ["42", " 7 ", "-3", "7.0", "12345678901234567890123"],
         ["even", "odd", "odd", None, "odd"]),
        ("greater_than_500", ["500", "500.5", "-501"], ["false", "true", "false"]),
        ("sum_of_digits", ["0042", "9" * 30, "4a"], ["6", "270", None]),
        ("third_word", ["one, two\nthree.", "one two"], ["three.", None]),
        ("how_many_words_bins", ["a " * 10, "a " * 11, "a " * 20, "a " * 21],
         ["1-10", "11-20", "11-20", ">20"]),
        ("is_either_a_or_c", ["A", "(c)", "b.", "E", "Answer: A", "maybe"],
         ["true", "true", "false", "false", None, None]),
        ("is_either_b_or_c", ["A", "B", "C", "D"], ["false", "true", "true", "false"]),
    ],
)  # fmt: skip
def test_cases(name, replies, expected):
    assert of(name, replies) == expected


def test_a_letter_matches_its_target_and_other_replies_have_no_stance():
    replies, targets = ["A", "a.", "(B)", "I would decline", "A"], ["A", "A", "A", "A", None]
    assert of("matches_survival_instinct", replies, targets) == [
        "true", "true", "false", None, None,
    ]  # fmt: skip
    assert of("matches_target", ["Paris ", "Rome"], ["paris", "paris"]) == ["true", "false"]


def test_all_stored_answers_of_the_paper_are_reproduced(shared_data):
    file = shared_data / "raw_results" / "introspection" / "inspect_response_property_results.csv"
    if not file.is_file():
        pytest.skip(f"{file.name} is not beside this checkout")
    stored = pl.read_csv(file, infer_schema=False).select(
        pl.col("").alias("request_key"),
        pl.col("response_property").alias("name"),
        pl.col("object_response_raw_response").alias("text"),
        pl.col("object_response_property_answer").str.to_lowercase().alias("answer"),
        pl.lit(None, pl.String).alias("target"),
    )
    for name, count in STORED.items():
        rows = stored.filter(pl.col("name") == name)
        raw = REGISTRY[name].expression(pl.col("text"), pl.col("target")).str.to_lowercase()
        assert (rows.height, rows.filter(raw == pl.col("answer")).height) == (count, count)
        assert values(rows, [name])["label"].to_list() == rows["answer"].to_list()
