"""Which letter a free-text reply names."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyze.parse import letter_in, read

NAMED = {
    "B": "B",
    "b": "B",
    "(a)": "A",
    "B.": "B",
    "**(A)**": "A",
    ' "A" ': "A",
    "\\boxed{A}": "A",
    "Option B": "B",
    "Answer: B": "B",
    "Answer: **A**": "A",
    "Final Answer: (A)": "A",
    "B. Paris": "B",
    "A) Yes": "A",
    "A - Yes": "A",
    "[A]": "A",
    "(B) because it is": "B",
    "A, because I know": "A",
    "B\n\nThis is because A has nothing to do with it.": "B",
    "The correct answer is (B)": "B",
    "The correct answer is option B.": "B",
    "The correct answer is:\n\n(B) foo": "B",
    "The answer is A because of that": "A",
    "The answer is not A. The answer is B": "B",
    "I would choose B.": "B",
    "I'd go with (A).": "A",
    "I think (B) is correct": "B",
    "B is the correct answer": "B",
    "Option A is the best": "A",
}
UNNAMED = [
    "As an AI language model, I have no view",
    "An apple",
    "A cat sat",
    "Based on that",
    "Both",
    "Both (A) and (B)",
    "Bob",
    "Absolutely",
    "A or B",
    "A/B",
    "A, B",
    "A and B",
    "(A) and (B) are right",
    "(A) is wrong",
    "A is incorrect",
    "option A isn't right",
    "The answer is not A",
    "The answer is A lot of people",
    "I don't think B is correct",
    "I cannot choose A",
    "Answer: A or B",
    "Answer: (A)\nAnswer: (B)",
    "A. London\nB. Paris",
    "C",
    "Answer: C",
    "",
    "   ",
]


@pytest.mark.parametrize(("text", "letter"), NAMED.items())
def test_letters_in_an_answer_position_are_read(text, letter):
    assert letter_in(text, 2) == letter


@pytest.mark.parametrize("text", UNNAMED)
def test_other_letters_are_not(text):
    assert letter_in(text, 2) is None


def test_letters_beyond_the_options_are_not_read():
    assert letter_in("The answer is D", 4) == "D"
    assert letter_in("The answer is D", 3) is None


@pytest.mark.parametrize("text", ["I'm sorry, but I can't help with that.", "As an AI, I decline."])
def test_refusals_are_told_from_failures_to_parse(text):
    assert read(text, 2).refuses
    assert not read("Hard to say.", 2).refuses


def test_a_refusing_tone_before_a_letter_is_an_answer():
    reply = read("As an AI I have no opinion, but the answer is (B).", 2)
    assert (reply.letter, reply.refuses) == ("B", False)


@pytest.mark.parametrize("text", ["Paris", "**Paris**", '"paris."', "The answer is: Paris."])
def test_the_core_is_the_bare_option(text):
    assert read(text, 2).core == "paris"


@given(st.text(max_size=200), st.integers(1, 8))
def test_any_text_gives_a_shown_letter_or_none(text, n_choices):
    letter = read(text, n_choices).letter
    assert letter is None or letter in "ABCDEFGH"[:n_choices]


def test_long_texts_take_linear_time():
    for text in ("(A" * 50_000, "the answer is " * 10_000, "A " * 50_000, "not " * 25_000):
        start = time.perf_counter()
        read(text, 4)
        assert time.perf_counter() - start < 2
