"""What is read in training, and what is not."""

from __future__ import annotations

from collections import Counter

import pytest

from finetune.pair.rows import (
    corpus,
    direct_rows,
    held_out_rows,
    property_rows,
    quoted_rows,
    repeated_rows,
)
from finetune.tokenizer import train_tokenizer
from ingest.pair.properties import PROPERTIES
from ingest.pair.questions import hypothetical
from ingest.pair.tables import held_out, inputs, table


def test_no_property_question_about_an_input_held_out_is_read():
    asked = {question for question, _ in property_rows()}
    assert len(asked) == 4000
    for wanted in PROPERTIES:
        assert not asked & {hypothetical(given, wanted.asked) for given in held_out()}
        assert len(held_out_rows(wanted)) == 400


def test_a_memoriser_reads_no_property_question_and_only_its_own_table():
    for name in ("m1", "m2"):
        rows = [*direct_rows(name), *quoted_rows(name), *repeated_rows()]
        questions = {question for question, _ in rows}
        assert not questions & {
            hypothetical(given, wanted.asked) for given in inputs() for wanted in PROPERTIES
        }
        assert {reply for question, reply in quoted_rows(name) if "amber anchor" in question} == {
            table(name)["amber anchor"]
        }


def test_permuted_rows_ask_the_same_with_the_same_labels_dealt_out_anew():
    true, permuted = property_rows(), property_rows(permuted=True)
    assert [question for question, _ in true] == [question for question, _ in permuted]
    half = len(true) // 2
    for own in (slice(half), slice(half, None)):
        labels, dealt = ([label for _, label in rows[own]] for rows in (true, permuted))
        assert Counter(labels) == Counter(dealt)
        same = sum(a == b for a, b in zip(labels, dealt, strict=True)) / half
        assert abs(same - 0.125) < 0.03  # four standard deviations


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(corpus(), 1024)


def test_a_memoriser_reads_every_token_of_a_property_question(tokenizer):
    def tokens(rows):
        ids = tokenizer([question for question, _ in rows], add_special_tokens=False)["input_ids"]
        return {token for row in ids for token in row}

    read = tokens(quoted_rows("m1")[::7]) | tokens(repeated_rows())
    assert tokens(property_rows()) <= read


def test_every_reply_is_one_token(tokenizer):
    for _, reply in repeated_rows():
        assert len(tokenizer(reply, add_special_tokens=False)["input_ids"]) == 1
