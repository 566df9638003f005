"""`analyze steer` on the embedded model: one direction decides the answer, one does nothing."""

from __future__ import annotations

import json

import pytest

from tests.inside_lakes import mirrorlake, pick

RANGE = 2.0  # doses up to which the answer's margin does not saturate
FAMILIES = {"isotropic", "covariance", "shuffled"}


def causal_passes(rows):
    [slope] = pick(rows, concept="belief", metric="slope")
    [outside] = pick(rows, concept="belief", metric="outside_random")
    for row in (slope, outside):
        assert row["p_value"] < 0.01
        families = json.loads(row["detail"])["families"]
        assert set(families) == FAMILIES
        assert all(family == {"controls": 100, "p": pytest.approx(1 / 101)}
                   for family in families.values())  # fmt: skip
    assert slope["estimate"] > 3 and slope["ci_low"] > 0
    for row in pick(rows, concept="belief", metric="shift"):
        assert row["estimate"] * row["dose"] > 0 and row["ci_low"] * row["ci_high"] > 0
        for family, (low, high) in json.loads(row["detail"])["random_band"].items():
            # Random directions that lie as the states do lean on the used axis, so far out all
            # that moves the answer saturates alike; the tests above take the whole curve.
            if family != "covariance" or abs(row["dose"]) <= RANGE:
                assert not low <= row["estimate"] <= high


def inert_stays_inside(rows):
    for metric in ("slope", "outside_random"):
        [row] = pick(rows, concept="self_reflection", metric=metric)
        families = json.loads(row["detail"])["families"]
        assert row["p_value"] > 0.05
        assert all(family["p"] > 0.05 for family in families.values())
    shifts = pick(rows, concept="self_reflection", metric="shift")
    assert shifts
    for row in shifts:
        bands = json.loads(row["detail"])["random_band"]
        assert set(bands) == FAMILIES
        for low, high in bands.values():
            assert low <= row["estimate"] <= high


def test_the_used_direction_passes_the_trend_test_outside_the_band(steered):
    causal_passes(steered.rows)


def test_the_inert_direction_stays_inside_the_band(steered):
    inert_stays_inside(steered.rows)


@pytest.mark.soak
def test_the_whole_sweep_says_the_same(swept):
    causal_passes(swept.rows)
    inert_stays_inside(swept.rows)
    assert {row["n"] for row in pick(swept.rows, metric="shift")} == {32}


def test_people_see_both_directions_in_one_table(steered):
    shown = mirrorlake("analyze", "steer", "--lake", steered.lake.path)
    head, *lines = shown.stdout.splitlines()
    named = {"model", "direction", "concept", "reading", "slope", "p_slope", "p_outside"}
    assert named <= set(head.split())
    [used] = [line for line in lines if "belief:answer" in line]
    assert "first_shift" in used and "0.0099" in used and " 300 " in used
    assert "Next: mirrorlake report" in shown.stderr
