"""Answers and predictions of the same strings, asked once."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from cli import main
from generate.engines.base import Asking, Sampling
from generate.job import ResponsesJob
from generate.prediction import PredictionJob, generate_predictions
from ingest.pair import items
from warehouse.errors import InputError

SELF, CROSS = "mirror-tiny/m1-self", "mirror-tiny/m2-cross"
ASKED = """
SELECT m.name, q.object_id IS NULL AS is_object, count(*) AS n, count(DISTINCT group_id) AS strings,
    list(DISTINCT r.variant) AS variants
FROM responses r JOIN questions q USING (question_id) JOIN models m ON m.model_id = r.model_id
GROUP BY ALL ORDER BY ALL
"""


def job(**more) -> PredictionJob:
    asking = Asking(sampling=Sampling(max_tokens=6))
    given = {"predictors": (SELF, CROSS), "split": "heldout", "limit": 12, "asking": asking}
    return PredictionJob("pair", SELF, **given | more)


@pytest.fixture
def pair(lake):
    with lake.run("ingest pair") as run:
        run.append("questions", items())
    return lake


def test_both_sides_are_about_the_same_strings(pair):
    generate_predictions(pair, [job()])
    with pair.reader() as con:
        assert con.execute(ASKED).fetchall() == [
            (SELF, False, 24, 12, ["-"]),
            (SELF, True, 12, 12, ["-"]),
            (CROSS, False, 24, 12, ["-"]),
        ]
        [(strings,)] = con.execute(
            "SELECT count(DISTINCT group_id) FROM responses JOIN questions USING (question_id)"
        ).fetchall()
    assert strings == 12


def test_what_was_asked_is_not_asked_again_whoever_asks(pair):
    generate_predictions(pair, [job()])
    told = []
    generate_predictions(pair, [job(), job(predictors=(CROSS,))], told=told.append)
    assert [summary.requests - summary.cached for summary in told] == [0, 0, 0]


def test_one_property_brings_its_questions_only(pair):
    generate_predictions(pair, [job(properties=("first_letter",), predictors=(SELF,))])
    with pair.reader() as con:
        assert [row[2] for row in con.execute(ASKED).fetchall()] == [12, 12]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"properties": ("first_lettre",)}, "no concept 'first_lettre'.*first_letter"),
        ({"tasks": ("pears",)}, "no task 'pears'.*pair"),
        ({"target": "mirror-tiny/m1-selv"}, "no embedded model 'm1-selv'.*m1-self"),
    ],
)
def test_a_name_that_is_not_known_is_one_sentence(pair, more, said):
    given = {"questions": "pair", "target": SELF, "predictors": (SELF,), **more}
    with pytest.raises(InputError, match=said):
        generate_predictions(pair, [PredictionJob(**given)])


def test_options_are_left_out_of_free_text_only():
    with pytest.raises(InputError, match="--reading text only"):
        ResponsesJob("pair", SELF, readings=("letter",), orders="bare")


def test_the_command_asks_and_names_the_next_step(pair):
    words = ["generate", "predict", "--questions", "pair", "--target", SELF, "--split", "heldout",
             "--limit", "3", "--max-tokens", "6", "--lake", str(pair.path), "--json"]  # fmt: skip
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert [(row["model"], row["requests"]) for row in json.loads(done.stdout)] == [
        (SELF, 3), (SELF, 6),
    ]  # fmt: skip
    assert "mirrorlake analyze self-prediction --questions pair" in done.stderr
