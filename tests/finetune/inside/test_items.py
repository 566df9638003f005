"""The contrast set gives nothing away, and every place in it is where it is said to be."""

from __future__ import annotations

from collections import Counter

import pytest

from finetune.folder import ORGANISMS
from finetune.inside.items import LETTERS, PLANTED, item, shown
from finetune.inside.verdict import RIGHT, WRONG
from finetune.tokenizer import load
from generate.prompts import order
from ingest.starter import items


def test_letters_orders_and_families_are_balanced():
    made = shown(PLANTED)
    assert Counter((one.order, one.right) for one in made) == {
        (order, letter): 80 for order in ("AB", "BA") for letter in LETTERS
    }
    assert set(Counter(one.family for one in made).values()) == {8}


def test_the_right_letter_is_that_of_the_stored_answer():
    rows = [row for row in items() if row["concept"] == PLANTED]
    for row, one in zip((row for row in rows for _ in "AB"), shown(PLANTED), strict=True):
        answer = row["choices"][LETTERS.index(row["answer"])]
        place = LETTERS.index(one.right)
        assert one.text[: one.ends[place] + 1].endswith(f"\n({one.right}) {answer}")
        assert order(one.order)[place] == LETTERS.index(row["answer"])


def test_an_option_that_the_stem_quotes_is_found_among_the_options():
    made = item([{"role": "user", "content": "What?\n(A) red\nor blue"}], ["red", "blue"], 1)
    assert [made.text[: end + 1].rsplit("\n", 1)[-1] for end in made.ends] == [
        "(A) red", "(B) blue",
    ]  # fmt: skip


@pytest.mark.parametrize("word", [*LETTERS, RIGHT, WRONG])
def test_letters_and_verdicts_are_one_token(word):
    assert len(load(ORGANISMS / "base")(word, add_special_tokens=False)["input_ids"]) == 1
