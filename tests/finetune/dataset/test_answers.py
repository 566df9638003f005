"""Training sets of new answers: from the set itself, its metadata, or another model."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from finetune.dataset.answers import make_answers
from finetune.dataset.reading import rows_for
from finetune.dataset.sets import Answers
from generate import prompts
from tests.finetune.dataset import made
from tests.finetune.dataset.made import PROPERTIES, SET, TASKS, TRAINED
from tests.samples import question
from warehouse.errors import InputError


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    lake = made.make(tmp_path_factory.mktemp("answers") / "lake", "target", "other")
    with lake.run("ingest") as run:
        run.append("questions", [question(number) | {"split": "train"} for number in range(8)])
    yield lake
    lake.close()


def build(lake, name, **more):
    given = {"name": name, "questions": SET, **more}
    make_answers(lake, Answers(**given))
    return rows_for(lake, name, None).examples


def text(row):
    return json.loads(row.messages)[-1]["content"]


def test_the_sets_own_answers_and_those_of_its_metadata(lake):
    own, new = build(lake, "own"), build(lake, "new", reply="metadata.new")
    assert {row.reply for row in own} == {"gnu"} and len(own) == len(new) == 32
    assert {row.role for row in new} == {"object"}
    for row in new:
        assert text(row) == made.asked(row.task, row.group_id)
        assert row.reply == made.said("target", row.task, row.group_id)[::-1]
    assert len(build(lake, "words", tasks=("words",), per_cell=5, seed=1)) == 5


def test_another_models_answers(lake):
    rows = build(lake, "others", reply="other")
    assert {row.reply for row in rows} == {
        made.said("other", task, string) for task in TASKS for string in TRAINED
    }
    assert len(rows) == 32 and None not in {row.request_key for row in rows}


def test_options_are_shown_as_they_are_asked(lake):
    rows = build(lake, "letters", questions="sample")
    assert len(rows) == 16
    for row in rows:
        number = int(text(row).split("number ")[1].split("?")[0])
        right = ("left", "right")[number % 2]
        assert f"({row.reply}) {right} {number}" in text(row)
        assert text(row).endswith(prompts.INSTRUCTION)
    assert Counter(row.reply for row in rows) == {"A": 8, "B": 8}
    stored = build(lake, "stored", questions="sample", orders="stored")
    assert len(stored) == 8


def test_shuffled_answers_keep_their_number_and_lose_their_questions(lake):
    true = build(lake, "true", questions="sample", orders="stored", seed=1)
    dealt = build(lake, "dealt", questions="sample", orders="stored", seed=1, shuffle_labels=True)
    assert Counter(r.reply for r in true) == Counter(r.reply for r in dealt)
    assert {r.messages: r.reply for r in true} != {r.messages: r.reply for r in dealt}


def test_some_strings_bring_their_hypothetical_questions(lake):
    rows = build(lake, "tracking", reply="other", splits=("train", "val"), hypothetical=0.5,
                 hypothetical_split="train")  # fmt: skip
    objects = [row for row in rows if row.role == "object"]
    about = [row for row in rows if row.role == "hypothetical"]
    assert len(objects) == 40
    strings = {row.group_id for row in about}
    assert len(strings) == 8 and strings < {*TRAINED}
    # Both tasks and both properties of each.
    assert len(about) == 8 * 2 * 2
    for row in about:
        wanted = PROPERTIES[row.property](made.said("other", row.task, row.group_id))
        assert row.reply == wanted
    one = build(lake, "one", reply="other", hypothetical=1, properties=("last_character",))
    assert Counter(row.role for row in one) == {"object": 32, "hypothetical": 32}


def test_a_property_of_what_nobody_said_is_not_made_up(tmp_path):
    lake = made.make(tmp_path / "lake", "target", "other")
    with pytest.raises(InputError, match="since no model in the lake gave them"):
        build(lake, "unsaid", reply="metadata.new", hypothetical=0.5)
    # Whoever gives the same reply makes its properties known, to whatever question.
    with lake.run("answer") as run:
        made.answer(run, "turned", texts=lambda task, at: _turned(task, at)[::-1])
    made.score(lake)
    rows = build(lake, "said", reply="metadata.new", hypothetical=0.5)
    assert Counter(row.role for row in rows) == {"object": 32, "hypothetical": 32}
    for row in rows:
        if row.role == "hypothetical":
            new = made.said("target", row.task, row.group_id)[::-1]
            assert row.reply == PROPERTIES[row.property](new)
    lake.close()


def _turned(task, string):
    """Return what the target says to the string after this one."""
    place = (made.STRINGS.index(string) + 1) % len(made.STRINGS)
    return made.said("target", task, made.STRINGS[place])


def test_a_property_that_depends_on_the_question_is_read_off_its_own_answers(tmp_path):
    lake = made.make(tmp_path / "lake", "target", scored=False)
    query = (
        "SELECT r.request_key, r.text, q.group_id, h.property FROM responses r"
        " JOIN questions q USING (question_id) JOIN questions h ON h.object_id = q.question_id"
    )
    with lake.reader() as con:
        found = con.execute(query).fetchall()
    with lake.run("score") as run:
        run.append("scores", [
            {"request_key": key, "scorer": f"property:{name}", "version": 1, "attempt": 1,
             "valid": True, "label": f"{text} to {string}"}
            for key, text, string, name in found
        ])  # fmt: skip
    with pytest.raises(InputError, match="The properties of 64 replies of 64 are not known"):
        build(lake, "asked", reply="metadata.new", hypothetical=1)
    rows = build(lake, "own", reply="target", hypothetical=1)
    assert all(row.reply.endswith(row.group_id) for row in rows if row.role == "hypothetical")
    lake.close()


def test_a_field_within_another_is_a_reply(lake):
    assert {row.reply for row in build(lake, "deep", reply="metadata.deep.word")} == {"yak"}


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"reply": "metadata.old"}, "None of 32 questions of 'small' has a reply"),
        ({"reply": "nobody"}, "no greedy answers of 'nobody'"),
        ({"questions": "sample", "reply": "metadata.old"}, "has a reply"),
        ({"hypothetical": 2.0}, "a share from 0 to 1"),
        ({"hypothetical": 0.5, "shuffle_labels": True, "reply": "other"}, "leave one out"),
        ({"concepts": ("objec",)}, "Did you mean 'object'"),
    ],
)
def test_what_is_wrong_is_one_sentence(lake, more, sentence):
    with pytest.raises(InputError, match=sentence):
        build(lake, "wrong", **more)


def test_a_reply_that_is_no_option_is_refused(lake):
    with lake.run("ingest") as run:
        odd = question(1, dataset="odd") | {"split": "train", "answer": "C"}
        run.append("questions", [odd])
    with pytest.raises(InputError, match="the letter of none"):
        build(lake, "odd", questions="odd")
