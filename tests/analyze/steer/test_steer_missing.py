"""Steering without controls, without doses, with holes, and under odd names."""

from __future__ import annotations

import json

import polars as pl
import pytest

from analyze.probe import run_probe
from analyze.result_rows import Source
from analyze.steer import run_steer
from analyze.steer_rows import curve_rows
from tests.inside_lakes import (
    HOSTILE,
    ask,
    capture,
    lake_of,
    mirrorlake,
    named,
    pick,
    starter,
    steer,
)
from warehouse.errors import InputError

CONCEPT = f"belief{HOSTILE}"
DIRECTION = f"mean_difference:{CONCEPT}:answer@resid_post.2"
TOO_FEW = "fewer than 19 random directions were steered by the same step"


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """A lake of hostile names with a direction, and nothing steered yet."""
    rows = [named(row, dataset=HOSTILE, concept=CONCEPT) for row in starter("belief", families=10)]
    with lake_of(tmp_path_factory.mktemp("odd"), rows) as lake:
        capture(lake, "two-axes", HOSTILE, layers=(2,))
        run_probe(lake)
        yield lake


def pushed(lake, *doses, **more):
    steer(lake, "two-axes", DIRECTION, doses=doses, dataset=HOSTILE, fold=0, **more)
    return run_steer(lake)


def test_without_controls_there_is_a_slope_and_no_p(odd):
    rows = pushed(odd, -2.0, 2.0)
    [slope] = pick(rows, metric="slope")
    assert slope["concept"] == CONCEPT and slope["dataset"] == HOSTILE
    assert slope["estimate"] > 0 and slope["ci_low"] is not None
    assert (slope["p_value"], slope["reason"]) == (None, TOO_FEW)
    [outside] = pick(rows, metric="outside_random")
    assert (outside["estimate"], outside["p_value"], outside["reason"]) == (None, None, TOO_FEW)
    for row in pick(rows, metric="shift"):
        assert json.loads(row["detail"])["random_band"] == {}
        [found] = ask(odd, f"SELECT avg(value) AS mean FROM ({row['sql']})")
        assert found["mean"] == pytest.approx(row["estimate"])
    shown = mirrorlake("analyze", "steer", "--lake", odd.path)
    assert shown.exit_code == 0


def test_controls_by_other_steps_are_no_controls(odd):
    with_controls = pushed(odd, -2.0, 2.0, controls=19)
    [slope] = pick(with_controls, metric="slope")
    assert slope["p_value"] is not None and slope["reason"] is None
    # A dose so small that it is written in another way as text.
    more = pushed(odd, 0.00001)
    [slope] = pick(more, metric="slope")
    assert json.loads(slope["detail"])["doses"] == [-2.0, 0.00001, 2.0]
    assert (slope["p_value"], slope["reason"]) == (None, TOO_FEW)
    covered = pushed(odd, 0.00001, controls=19)
    [slope] = pick(covered, metric="slope")
    assert slope["p_value"] is not None


def test_an_edit_without_a_dose_has_shifts_and_costs(odd):
    rows = pushed(odd, edit="project_out")
    found = [row for row in rows if json.loads(row["detail"])["edit"] == "project_out"]
    assert {row["metric"] for row in found} == {"shift", "kl", "correct", "text_shift"}
    for row in found:
        assert row["dose"] is None
        listed = ask(odd, f"SELECT avg(value) AS mean, count(value) AS n FROM ({row['sql']})")
        assert listed == [{"mean": pytest.approx(row["estimate"]), "n": row["n"]}]
    [shift] = pick(found, metric="shift")
    assert shift["n"] > 0 and shift["p_value"] is None


def shifts(first_shift):
    """Return the shifts of three questions at two doses, of which the last has no plain answer."""
    return pl.DataFrame(
        [
            {"model_id": "m", "plain_id": "c", "concept": "k", "reading": "letter", "edit": "add",
             "positions": "last", "direction_id": "d", "beside": None, "family": None,
             "dose": dose, "question_id": f"q{i}", "group_id": f"g{i}",
             "first_shift": None if i == 2 else first_shift * dose, "right_shift": None,
             "text_shift": None, "correct": 1.0, "kl": 0.0, "site": "resid_post", "layer": 2,
             "head": None, "label": "answer", "name": "n"}
            for i in range(3) for dose in (-1.0, 2.0)
        ],
        infer_schema_length=None,
    ).with_columns(pl.col("beside", "family").cast(pl.String))  # fmt: skip


def test_a_question_without_an_unsteered_answer_is_missing_and_not_without_effect():
    rows = list(curve_rows(Source("steer", "default", "d", "i"), shifts(3.0)))
    [slope] = pick(rows, metric="slope")
    assert (slope["estimate"], slope["n"], slope["n_missing"]) == (3.0, 2, 1)
    for row in pick(rows, metric="shift"):
        assert (row["estimate"], row["n"], row["n_missing"]) == (3.0 * row["dose"], 2, 1)


def test_what_was_not_steered_is_one_sentence(lake, odd):
    with pytest.raises(InputError, match="holds no steered answers"):
        run_steer(lake)
    with pytest.raises(InputError, match="Did you mean"):
        run_steer(odd, [HOSTILE[1:]])
    done = mirrorlake("analyze", "steer", "--lake", lake.path)
    assert (done.exit_code, done.stdout) == (2, "") and done.stderr.count("\n") == 1
