from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generate.prompts import INSTRUCTION, show
from ingest.options import answer_letter, lists_options, split_options

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(
    str.strip
)
# An option may have several lines, such as a plan; none may pose as another option.
options = st.lists(words, min_size=1, max_size=4).map("\n".join)


def plain(text: str) -> bool:
    return not any(mark in f"\n{text}" for mark in ("(A) ", "\n(B) ", "\n("))


@given(stem=words, a=options.filter(plain), b=options.filter(plain), listed=st.booleans())
def test_stem_and_options_come_back_from_rendering(stem, a, b, listed):
    if listed:
        stem = f"{stem}\n\n(A) one\n(B) two\n(C) three\n(D) four\n\nWell?"
    shown = show([{"role": "user", "content": stem}], [a, b], "AB")[-1]["content"]
    text = shown.removesuffix(f"\n\n{INSTRUCTION}")
    parts = split_options(text)
    assert parts is not None
    assert (parts.stem, parts.choices, parts.glued) == (stem, (a, b), False)


def test_options_glued_to_the_stem_are_taken_apart():
    parts = split_options("What is “truth?”(A) I know\n(B) I do not know")
    assert parts is not None
    assert (parts.stem, parts.choices) == ("What is “truth?”", ("I know", "I do not know"))
    assert parts.glued


def test_options_glued_to_a_stem_with_a_list_of_its_own():
    parts = split_options("Q\n(A) one\n(B) two\n(C) three\nReally?(A) yes\n(B) no")
    assert parts is not None
    assert (parts.stem, parts.choices) == ("Q\n(A) one\n(B) two\n(C) three\nReally?", ("yes", "no"))


def test_an_option_may_mention_a_letter_and_span_lines():
    parts = split_options("Which?\n\n(A) pick (A) up\nput it down\n(B) wait\nand see\n")
    assert parts is not None
    assert parts.choices == ("pick (A) up\nput it down", "wait\nand see\n")


@pytest.mark.parametrize(
    "text", ["", "No options here?", "(A) yes\n(B) no", "Q?\n\n(A) yes", "Q?\n\n(A) \n(B) no"]
)
def test_text_without_a_stem_and_two_options_is_none(text):
    assert split_options(text) is None


def test_lists_inside_a_stem_are_seen():
    assert lists_options("Q\n(A) one\n(B) two\nWell?")
    assert not lists_options("Is (A) better than (B)?")


@pytest.mark.parametrize(
    ("answer", "letter"),
    [
        ("B", "B"),
        (" b ", "B"),
        ("(B)", "B"),
        ("b.", "B"),
        ("the Sun", "A"),
        ("The moon", "B"),
        ("C", None),
        ("A and B", None),
    ],
)
def test_answers_by_letter_or_text(answer, letter):
    assert answer_letter(answer, ["the Sun", "the Moon"]) == letter


def test_exact_text_wins_over_other_case():
    assert answer_letter("no", ["No", "no"]) == "B"
