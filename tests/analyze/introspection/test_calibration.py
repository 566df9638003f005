"""Calibration of samples that are drawn from known shares, through rows of a lake."""

from __future__ import annotations

import json

import numpy as np
import pytest

from analyze.calibration import run_calibration
from tests.analyze.introspection.lakes import (
    SAMPLED,
    condition_row,
    hypothetical_row,
    model_row,
    object_row,
    response_row,
)
from warehouse.errors import InputError

STRINGS = [f"s{i:03d}" for i in range(120)]
SAMPLES = 10
NAME = "first_character"


def write(lake, predicted, seed: int = 1) -> None:
    """Write answers of known shares, and predictions drawn from `predicted(shares)`."""
    rng = np.random.default_rng(seed)
    model = model_row("one")
    condition = condition_row(model, SAMPLED)
    objects = {s: object_row(s) for s in STRINGS}
    asked = {s: hypothetical_row(s, NAME) for s in STRINGS}
    rows = []
    for string in STRINGS:
        shares = rng.dirichlet([1.0, 1.0, 1.0])
        for i in range(SAMPLES):
            said = rng.choice(list("abc"), p=shares) + " word"
            rows.append(response_row(objects[string], condition, said, i))
            rows.append(
                response_row(
                    asked[string], condition, rng.choice(list("abcd"), p=predicted(shares)), i
                )
            )
    with lake.run("by hand") as run:
        run.append("questions", [*objects.values(), *asked.values()])
        run.upsert("models", [model])
        run.upsert("conditions", [condition])
        run.append("responses", rows)


def calibrated(shares):
    return [*shares, 0.0]


def off(shares):
    """Predictions of the least likely value, and a fifth on one that is never given."""
    return [*(0.8 * np.eye(3)[np.argmin(shares)]), 0.2]


def of(rows, metric):
    [row] = [r for r in rows if r["metric"] == metric and r["concept"] is None]
    return row


def test_perfect_calibration_is_told_from_none(lake):
    write(lake, calibrated)
    rows = run_calibration(lake)
    assert of(rows, "mad")["estimate"] > 0.01
    excess, crossed = of(rows, "mad_excess"), of(rows, "mad_cross_fitted")
    assert excess["ci_low"] < 0 < excess["ci_high"]
    assert crossed["ci_low"] == pytest.approx(0, abs=0.01)
    distance = of(rows, "squared_distance")
    assert distance["ci_low"] < 0 < distance["ci_high"]
    assert min(of(rows, m)["p_value"] for m in ("mad", "squared_distance", "unseen_mass")) > 0.01


def test_predictions_of_the_wrong_values_are_found(lake):
    write(lake, off)
    rows = run_calibration(lake)
    for metric in ("mad_excess", "mad_cross_fitted", "squared_distance"):
        assert of(rows, metric)["ci_low"] > 0.1, metric
    unseen = of(rows, "unseen_mass")
    assert unseen["ci_low"] > unseen["null_value"] + 0.05
    assert unseen["p_value"] == pytest.approx(0.001)


def test_the_points_lie_near_the_diagonal_only_under_calibration(lake):
    write(lake, calibrated)
    detail = json.loads(of(run_calibration(lake), "mad")["detail"])
    assert [rank["rank"] for rank in detail["by_rank"]] == [1, 2, 3]
    assert all(abs(x - y) < 0.2 for rank in detail["points"] for x, y, _ in rank)
    assert sum(n for _, _, n in detail["points"][0]) == len(STRINGS)


def test_the_query_lists_every_sample(lake):
    write(lake, calibrated)
    row = of(run_calibration(lake), "squared_distance")
    with lake.reader() as con:
        found = con.execute(f"SELECT side, count(*) FROM ({row['sql']}) GROUP BY 1 ORDER BY 1")
        assert found.fetchall() == [("answer", 1200), ("prediction", 1200)]


def test_unchanged_samples_are_not_dealt_again(lake, capsys):
    write(lake, calibrated)
    first = run_calibration(lake)
    assert run_calibration(lake) == first
    assert "Nothing changed" in capsys.readouterr().err


def test_one_sample_is_no_distribution(lake):
    with pytest.raises(InputError, match="--temperature 1 --samples 20"):
        run_calibration(lake)
