"""The analyses find in a simulated lake what is true of the responders in it."""

from __future__ import annotations

import json

import pytest

from analyze.calibration import run_calibration
from analyze.self_prediction import run_self_prediction
from analyze.simulation import Responders, simulate
from warehouse.errors import InputError
from warehouse.lake import open_lake

WHO = Responders(
    privileged=(0.7, 0.5), shared=(0.1, 0.3), values=8, commonest=0.3, compliance=0.95,
    answering=0.9, icc=0.2,
)  # fmt: skip


@pytest.fixture
def lake(tmp_path):
    opened = open_lake(tmp_path / "lake", create=True)
    yield opened
    opened.close()


def one(rows, metric, model, other=None):
    (row,) = [
        row for row in rows
        if row["metric"] == metric and row["model_id"] == model
        and (other is None or row["other_model_id"] == other)
    ]  # fmt: skip
    return row


def crossed_over(rows, made):
    """The macro crossed advantage in which kin predict, not the two models each other."""
    found = [
        row for row in rows
        if row["metric"] == "macro_crossed_advantage"
        and json.loads(row["detail"])["on_first"] == made.models[made.crossed[1]]
    ]  # fmt: skip
    (row,) = found
    return row


def test_advantages_in_a_simulated_lake_cover_the_truth(lake):
    made = simulate(lake, WHO, 300, properties=2, training=100, seed=3)
    rows = run_self_prediction(lake, crossed=[made.crossed])
    first, kin, _, _ = (made.models[name] for name in made.crossed)
    plain = one(rows, "micro_advantage", first, kin)
    assert plain["ci_low"] <= WHO.advantage <= plain["ci_high"]
    assert plain["ci_low"] > 0
    crossed = crossed_over(rows, made)
    assert crossed["ci_low"] <= WHO.crossed <= crossed["ci_high"]
    (mode,) = [
        row for row in rows
        if row["metric"] == "micro_mode_baseline" and row["model_id"] == first
    ]  # fmt: skip
    assert mode["ci_low"] <= WHO.commonest <= mode["ci_high"]
    # A tenth of the answers say nothing, and nothing can be predicted of them.
    assert plain["n"] == pytest.approx(0.9 * 600, abs=30)


def test_blind_responders_have_no_advantage(lake):
    blind = Responders(shared=(0.3, 0.3), values=4)
    made = simulate(lake, blind, 300, properties=2, seed=5)
    rows = run_self_prediction(lake, crossed=[made.crossed])
    crossed = crossed_over(rows, made)
    assert crossed["ci_low"] <= 0 <= crossed["ci_high"]
    assert crossed["ci_low"] > -0.1 and crossed["ci_high"] < 0.1


def test_calibration_in_a_simulated_lake(lake):
    sharp = Responders(shared=(1.0, 0.0), values=4)
    made = simulate(lake, sharp, 60, properties=1, samples=10, seed=7)
    rows = run_calibration(lake)
    ids = made.models
    over_all = [row for row in rows if row["concept"] is None]
    # The first model knows its shares; the second predicts the same of every prompt.
    calibrated = one(over_all, "mad_excess", ids["simulated-1"], ids["simulated-1"])
    assert calibrated["ci_low"] <= 0 <= calibrated["ci_high"]
    ignorant = one(over_all, "mad_excess", ids["simulated-2"], ids["simulated-2"])
    assert ignorant["ci_low"] > 0.05
    assert (
        one(over_all, "mad_cross_fitted", ids["simulated-2"], ids["simulated-2"])["ci_low"] > 0.05
    )


def test_what_words_cannot_say_is_refused(lake):
    with pytest.raises(InputError, match="Simulated words"):
        simulate(lake, WHO, 3, properties=5)


def test_the_same_seed_writes_the_same_rows(tmp_path):
    texts = []
    for name in ("a", "b"):
        lake = open_lake(tmp_path / name, create=True)
        simulate(lake, WHO, 12, samples=2, seed=4)
        with lake.reader() as con:
            texts.append(con.sql("SELECT request_key, text FROM responses ORDER BY 1").fetchall())
        lake.close()
    assert texts[0] == texts[1]
