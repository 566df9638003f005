"""The sequences set: four tasks of our own, drawn from named seeds."""

from __future__ import annotations

import hashlib
import json
from collections import Counter

import pytest

from analyze.properties import REGISTRY
from ingest.introspection.audits import audit
from ingest.introspection.rows import frames
from ingest.sequences import task_set
from ingest.sequences.words import ANIMALS, LIVELY, QUIET, WORDS

DIGEST = "b095dd735acfb09e84060e96004f8374a6f8417ae341a14e9c8df2a1cfa64373"
TASKS = ("numbers", "words", "animals", "preferences")


@pytest.fixture(scope="module")
def rows():
    return [row for frame in frames(task_set()) for row in frame.to_dicts()]


def strings(task: str, split: str) -> list[str]:
    [found] = [one for one in task_set().tasks if one.name == task]
    return [given.text for given in found.strings if given.split == split]


def test_the_set_is_the_same_on_every_machine(rows):
    text = "".join(row["question_id"] for row in rows)
    assert hashlib.sha256(text.encode()).hexdigest() == DIGEST


@pytest.mark.parametrize("task", TASKS)
def test_each_task_has_400_strings_to_train_and_200_others_to_test(task, rows):
    train, val = strings(task, "train"), strings(task, "val")
    assert (len(set(train)), len(set(val)), len({*train, *val})) == (400, 200, 600)
    objects = [row for row in rows if (row["task"], row["concept"]) == (task, "object")]
    groups = {split: {r["group_id"] for r in objects if r["split"] == split}
              for split in ("train", "val")}  # fmt: skip
    assert len(groups["train"]) == 400 and len(groups["val"] - groups["train"]) == 200


def test_no_word_is_there_twice():
    for words in (ANIMALS, WORDS, QUIET, LIVELY):
        assert len(set(words)) == len(words)


def test_a_pair_is_asked_in_one_order_and_the_quieter_thing_is_a_as_often_as_b():
    [task] = [one for one in task_set().tasks if one.name == "preferences"]
    pairs = {frozenset(line[3:] for line in given.text.split("\n")) for given in task.strings}
    assert len(pairs) == 600
    for given in task.strings:
        lines = dict(line.split(": ") for line in given.text.split("\n"))
        assert lines[given.target] in QUIET and {*lines.values()} & {*LIVELY}
    # 600 fair tosses: standard deviation 12.2.
    assert abs(Counter(given.target for given in task.strings)["A"] - 300) < 4 * 12.2


def test_every_question_asks_for_a_property_that_code_decides(rows):
    asked = {row["property"] for row in rows} - {None}
    assert asked == {one.name for one in task_set().properties} and asked <= set(REGISTRY)


def test_hypothetical_questions_quote_their_object_question(rows):
    objects = {row["question_id"]: row for row in rows if row["concept"] == "object"}
    assert task_set().prompts.faithful()
    for row in rows:
        if row["object_id"] is not None:
            [said], [about] = (
                json.loads(row["messages"]),
                json.loads(objects[row["object_id"]]["messages"]),
            )
            assert f'"{about["content"]}"' in said["content"]
            assert row["group_id"] == objects[row["object_id"]]["group_id"]


def test_nothing_is_wrong_with_it():
    assert audit(task_set()) == []
