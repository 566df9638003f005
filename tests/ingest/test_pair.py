"""The pair set: tables that nothing but a model's memory can tell."""

from __future__ import annotations

import hashlib
import json
from collections import Counter

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from sklearn.linear_model import LogisticRegression

from analyze.properties import values
from cli import main
from ingest.pair import items
from ingest.pair.properties import PROPERTIES
from ingest.pair.tables import HELD_OUT, held_out, inputs, table
from ingest.pair.words import ADJECTIVES, ANSWERS, NOUNS, shifted

# First digits of the SHA-256 of all question ids in order.
IDS = "adb8fa5ef051651e"


def test_the_answers_are_a_full_grid_of_both_properties():
    assert len(set(inputs())) == len(inputs()) == 2400
    assert len(set(ANSWERS)) == 64
    values = Counter(tuple(wanted.of(answer) for wanted in PROPERTIES) for answer in ANSWERS)
    assert len(values) == 64 == len(PROPERTIES[0].values) * len(PROPERTIES[1].values)


def test_the_tables_agree_at_chance():
    same = sum(table("m1")[given] == table("m2")[given] for given in inputs())
    # 2,400 fair draws of 1 in 64: 37.5 expected, standard deviation 6.1.
    assert 19 <= same <= 56


def test_400_inputs_are_held_out_and_marked_in_every_row():
    assert len(held_out()) == HELD_OUT == 400
    for row in items():
        assert (row["split"] == "heldout") == (row["group_id"] in held_out())


def test_right_answers_are_those_of_m1s_table():
    rows = items()
    assert len({row["question_id"] for row in rows}) == len(rows) == 7200
    by_name = {wanted.name: wanted for wanted in PROPERTIES}
    for row in rows:
        word = table("m1")[row["group_id"]]
        known = json.loads(row["metadata"])
        other = table("m2")[row["group_id"]]
        assert known == {
            "input": row["group_id"], "m1": word, "m2": other,
            "shifted": {"m1": shifted(word), "m2": shifted(other)},
        }  # fmt: skip
        if row["concept"] == "object":
            assert (row["answer"], row["choices"]) == (word, [])
        else:
            right = row["choices"][ord(row["answer"]) - ord("A")]
            assert right == by_name[row["concept"]].of(word)


def test_hypothetical_questions_point_to_their_object_question_and_property():
    rows = items()
    objects = {row["group_id"]: row["question_id"] for row in rows if row["concept"] == "object"}
    assert {row["task"] for row in rows} == {"pair"}
    asked = {None: None, "first_letter": "first_character", "last_letter": "last_character"}
    for row in rows:
        about = row["concept"] != "object"
        assert row["property"] == asked[row["concept"] if about else None]
        assert row["object_id"] == (objects[row["group_id"]] if about else None)
    # The ids are those of lakes made before.
    text = "".join(sorted(row["question_id"] for row in rows))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == IDS


def test_shifted_answers_are_a_permutation_that_changes_both_letters():
    assert sorted(shifted(answer) for answer in ANSWERS) == sorted(ANSWERS)
    for answer in ANSWERS:
        assert all(wanted.of(shifted(answer)) != wanted.of(answer) for wanted in PROPERTIES)


def test_the_registrys_properties_of_the_answers_are_the_letters():
    answers = pl.DataFrame({"request_key": ANSWERS, "text": ANSWERS, "target": [""] * 64})
    for wanted in PROPERTIES:
        assert values(answers, [wanted.known_as])["label"].to_list() == [
            wanted.of(answer) for answer in ANSWERS
        ]


@pytest.mark.parametrize("wanted", PROPERTIES, ids=lambda wanted: wanted.name)
def test_a_classifier_that_sees_the_input_alone_is_at_chance(wanted):
    trained = [given for given in inputs() if given not in held_out()]
    tested = [given for given in inputs() if given in held_out()]
    labels = {given: wanted.of(answer) for given, answer in table("m1").items()}
    classifier = LogisticRegression(max_iter=200).fit(seen(trained), [labels[g] for g in trained])
    accuracy = classifier.score(seen(tested), [labels[given] for given in tested])
    # Standard deviation .0165 around .125 for 400 guesses.
    assert 0.125 - 4 * 0.0165 < accuracy < 0.125 + 4 * 0.0165


def seen(given: list[str]) -> np.ndarray:
    """One column for each adjective and noun."""
    words = ADJECTIVES + NOUNS
    return np.array([[word in one.split() for word in words] for one in given], float)


def test_the_command_brings_the_set_and_says_what_to_ask(tmp_path):
    lake = str(tmp_path / "lake")
    done = CliRunner().invoke(main, ["ingest", "pair", "--lake", lake, "--json"])
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert (found["datasets"], found["written"]) == (["pair"], 7200)
    assert {row["severity"] for row in found["audits"]} == {"info"}
    assert "--split heldout --reading cloze --model mirror-tiny/m1-self" in done.stderr
