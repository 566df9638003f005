"""Prompts are exactly those of the formula, for every task, property and string."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ingest.introspection.clone import Wanted, read_clone
from ingest.introspection.rows import frames
from ingest.introspection.taskset import (
    Asked,
    Prompts,
    Task,
    filled,
    hypothetical_messages,
    object_messages,
)
from tests.ingest.introspection.clone import write_clone
from warehouse.errors import InputError
from warehouse.keys import question_id

DIGESTS = json.loads((Path(__file__).parent / "digests.json").read_text("utf-8"))


def digest(prompts: list[str]) -> str:
    return hashlib.sha256("".join(f"{prompt}\0" for prompt in prompts).encode()).hexdigest()


@pytest.fixture(scope="module")
def shared_clone(shared_data):
    root = shared_data / "introspection_self_prediction"
    if not (root / "evals" / "conf" / "task").is_dir():
        pytest.skip(f"{root.name} is not beside this checkout")
    return read_clone(
        root, Wanted(properties=tuple(sorted(next(iter(DIGESTS.values())).keys() - {"object"})))
    )


def test_the_digests_are_of_eight_tasks_and_twenty_three_properties():
    assert len(DIGESTS) == 8 and {len(of) for of in DIGESTS.values()} == {24}


@pytest.mark.parametrize("name", DIGESTS)
def test_every_prompt_of_the_clone_has_the_golden_digest(shared_clone, name):
    [task] = [task for task in shared_clone.tasks if task.name == name]
    strings = [given.text for given in task.strings if given.split == "val"]

    def made(messages):
        shown = [filled(messages, string) for string in strings]
        assert {len(one) for one in shown} == {1} and {one[0]["role"] for one in shown} == {"user"}
        return digest([one[0]["content"] for one in shown])

    found = {"object": made(object_messages(shared_clone.prompts, task))}
    for asked in shared_clone.asked[name]:
        found[asked.name] = made(hypothetical_messages(shared_clone.prompts, task, asked))
    assert found == DIGESTS[name]


def test_stored_rows_hold_the_golden_prompts(shared_clone):
    """The rows are made by a shorter way; they hold the same prompts."""
    stored = next(frames(shared_clone))
    val = stored.filter(split="val", task="animals")
    for concept, expected in DIGESTS["animals"].items():
        of = val.filter(concept=concept).sort("source_row")["messages"]
        assert digest([json.loads(text)[0]["content"] for text in of]) == expected


def rows(root: Path, **wanted):
    made = read_clone(write_clone(root), Wanted(**wanted))
    return [row for frame in frames(made) for row in frame.to_dicts()]


def content(row) -> str:
    [message] = json.loads(row["messages"])
    return message["content"]


def test_the_two_kinds_of_prompt(tmp_path):
    found = rows(tmp_path, tasks=("colours",), properties=("identity",))
    blue = [row for row in found if row["source_row"] == 2 and row["split"] == "train"]
    asked = 'Name one more colour. Leave $other as it is.\nblue "sky" '
    assert [content(row) for row in blue] == [
        f"{asked}\n", f'You were asked: "{asked}" Which colour is it?\n',
    ]  # fmt: skip


def test_what_stands_in_a_string_is_not_filled_in(tmp_path):
    found = [content(row) for row in rows(tmp_path, tasks=("colours",), properties=("identity",))]
    assert any("teal é\n$string\n" in text for text in found)


def test_the_lost_letter_of_the_clone_stays_lost(tmp_path):
    found = rows(tmp_path, tasks=("duty",))
    assert content(found[0]) == "$1,000 is found.\nA - keep\nB - return\u2029lease say A or B.\n"


def test_ids_are_those_of_any_other_question(tmp_path):
    found = rows(tmp_path)
    assert len(found) > 30
    for row in found:
        expected = question_id("introspection", json.loads(row["messages"]), row["choices"])
        assert row["question_id"] == expected


def test_another_pair_of_prompts_is_another_data_set(tmp_path):
    found = rows(tmp_path, prompts="hurried", tasks=("digits",), properties=("is_even",))
    assert {row["dataset"] for row in found} == {"introspection/hurried"}
    assert content(found[0]) == "Quick! Go on: 1 2 3\n"
    assert content(found[-1]) == 'You were asked: "Quick! Go on: 4 5" Even?\n'


@pytest.mark.parametrize(
    ("name", "message"),
    [("hurid", "no prompts 'hurid'.*hurried"), ("bare", "do not quote the question"),
     ("orphan", "base_prompt 'object_level/nowhere' is not in the clone")],
)  # fmt: skip
def test_prompts_that_cannot_be_used(tmp_path, name, message):
    with pytest.raises(InputError, match=message):
        rows(tmp_path, prompts=name)


def test_a_question_with_an_unknown_placeholder_is_refused():
    prompts = Prompts("own", (("user", "${task.prompt}"),), (("user", '"${task.prompt}"'),))
    asked = Asked("first_word", "Which ${unit.name}?", "first_word", file="mine.yaml")
    with pytest.raises(
        InputError, match=r"mine.yaml: nothing says what \$\{unit.name\} stands for"
    ):
        hypothetical_messages(prompts, Task("t", "$string", ()), asked)
