"""Replies and predictions end in the same labels, and what has none says why."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from analyze.properties import (
    JUDGED,
    REGISTRY,
    form_of,
    read_answers,
    read_predictions,
    values,
)
from warehouse.errors import InputError

PAGE = Path(__file__).resolve().parents[3] / "docs" / "analyses" / "properties.md"


def answers(name: str, *texts: str | None, target: str | None = None, **more: list) -> list[dict]:
    rows = pl.DataFrame(
        {
            "request_key": [str(n) for n in range(len(texts))],
            "text": list(texts),
            "target": [target] * len(texts),
            **more,
        },
        schema_overrides={"text": pl.String, "target": pl.String},
    )
    return values(rows, [name]).to_dicts()


def predicted(name: str, *texts: str | None) -> list[str | None]:
    rows = pl.DataFrame(
        {"request_key": ["k"] * len(texts), "property": [name] * len(texts), "text": list(texts)},
        schema_overrides={"text": pl.String},
    )
    return read_predictions(rows)["label"].to_list()


def labels(name: str, *texts: str | None, **more) -> list[str | None]:
    return [row["label"] for row in answers(name, *texts, **more)]


def reasons(name: str, *texts: str | None, **more) -> list[str | None]:
    return [row["reason"] for row in answers(name, *texts, **more)]


@pytest.mark.parametrize(
    ("name", "reply", "prediction"),
    [
        ("first_character", '"Once upon a time', '"'),
        ("first_character", '"Once upon a time', '"""'),
        ("last_character", "The end.", "."),
        ("last_character", "Why?", ' "?" '),
        ("first_word", '"Once" upon', "Once."),
        ("first_word", "Media. They", "“media.”"),
        ("is_even", "12", "TRUE."),
        ("starts_with_abcde", "Cow", "Yes"),
        ("is_even_direct", "7", "'odd'"),
        ("number_of_words", "one two three", "03"),
        ("how_many_words_bins", "one two", "1 – 10"),
        ("identity", "The  End.", "the end"),
        ("starts_with_vowel_direct", "cow", "No vowel."),
    ],
)
def test_a_right_prediction_has_the_label_of_the_reply(name, reply, prediction):
    [label] = labels(name, reply)
    assert label is not None and predicted(name, prediction) == [label]


@pytest.mark.parametrize(
    ("name", "text"),
    [("first_character", "ab"), ("first_word", "the word"), ("is_even", "even"), ("is_even", "yes"),
     ("starts_with_abcde", "true"), ("number_of_words", "three"), ("sentiment", "neutral"),
     ("how_many_words_bins", "12"), ("first_and_second_character", "a b"), ("identity", " ")],
)  # fmt: skip
def test_a_prediction_of_another_form_has_no_label(name, text):
    assert predicted(name, text) == [None]


def test_other_words_are_other_labels():
    assert labels("first_word", "Once upon") != predicted("first_word", "twice")
    assert predicted("first_character", "A") == ["a"] != predicted("first_character", "b")


def test_why_a_reply_has_no_label():
    found = reasons("third_character", None, " \n", "I'm sorry, I cannot do that.", "ab", "a b c")
    assert found == ["missing", "empty", "refused", "undefined", None]
    assert reasons("second_character", "a b") == ["unparseable"]
    assert reasons("matches_target", "A") == ["undefined"]


@pytest.mark.parametrize("word", ["no", "No.", "next", "random", "item", "yes", "unknown", "sorry"])
def test_plain_words_are_answers(word):
    assert reasons("first_character", word) == [None]


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("As an AI language model, I have no opinion.", True),
        ("I can't help with that.", True),
        ("Unfortunately, I am unable to answer", True),
        ('"I can\'t go on," she said.', False),
        ("She smiled. I can't go on, she thought.", False),
    ],
)
def test_a_refusal_opens_the_reply(text, refused):
    assert (reasons("first_character", text) == ["refused"]) == refused
    read = read_predictions(
        pl.DataFrame({"request_key": ["k"], "property": ["identity"], "text": [text]})
    )
    assert (read["reason"].to_list() == ["refused"]) == refused


def test_a_reply_that_was_cut_off_tells_what_it_can():
    cut = {"truncated": [True]}
    assert labels("first_character", "Onc", **cut) == ["o"]
    assert reasons("first_word", "Onc", **cut) == ["truncated"]
    assert labels("first_word", "Once upo", **cut) == ["once"]
    assert reasons("second_word", "Once upo", **cut) == ["truncated"]
    assert reasons("last_character", "Once upon", **cut) == ["truncated"]
    assert reasons("is_even", "12", **cut) == ["truncated"]
    assert reasons("first_character", None, **cut) == ["missing"]
    assert labels("last_character", "Once upon", truncated=[False]) == ["n"]


def test_many_properties_at_once_and_one_a_row_say_the_same():
    rows = pl.DataFrame(
        {"request_key": ["1", "2"], "text": ["Cow", "12"], "target": [None, "A"]},
        schema_overrides={"target": pl.String},
    )
    wide = values(rows, ["first_word", "is_even"])
    assert wide.columns == ["request_key", "property", "label", "valid", "reason"]
    assert wide["label"].to_list() == ["cow", "12", None, "true"]
    assert wide["valid"].to_list() == [True, True, False, True]
    named = pl.concat(
        [rows.with_columns(property=pl.lit(name)) for name in ("first_word", "is_even")]
    )
    assert read_answers(named).rows() == wide.rows()
    assert read_answers(named.clear()).rows() == [] == values(rows, []).rows()


def test_unknown_and_judged_properties_are_told_apart():
    with pytest.raises(InputError, match=r"no property 'first_wort'.*first_word"):
        labels("first_wort", "a")
    with pytest.raises(InputError, match="judged by a model"):
        labels("sympathetic_advice", "a")
    with pytest.raises(InputError, match="no property"):
        form_of("sentimental")
    assert form_of("main_character_name").name == "text"
    assert predicted("sentiment", "Positive.") == ["positive"]


def test_the_page_lists_every_property():
    page = PAGE.read_text("utf-8")
    for known in REGISTRY.values():
        assert f"| `{known.name}` | {known.definition} | {known.form.name} |" in page
    for judged in JUDGED.values():
        assert f"| `{judged.name}` | {judged.definition} | {judged.form.name} |" in page
    for form in {known.form for known in (*REGISTRY.values(), *JUDGED.values())}:
        assert f"| {form.name} | {form.compliant} |" in page
