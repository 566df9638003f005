"""Simulated responders are what they say: accuracies, correlations, shares, power."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from analyze.simulation import (
    Plan,
    Power,
    Responders,
    answered,
    crossed_differences,
    detectable,
    plain_differences,
    power_curve,
    sampled_counts,
    sampling_shares,
)
from analyze.simulation.answers import correlated_uniforms
from warehouse.errors import InputError

UNEVEN = Responders(
    privileged=(0.5, 0.2), shared=(0.1, 0.4), values=5, commonest=0.4, compliance=0.9, icc=0.3
)


def test_models_are_right_as_often_as_they_say():
    made = answered(np.random.default_rng(0), UNEVEN, 200, 100, 4)
    for predictor in (0, 1):
        for target in (0, 1):
            assert made.correct(predictor, target).mean() == pytest.approx(
                UNEVEN.accuracy(predictor, target), abs=0.008
            )
    assert plain_differences(made).mean() == pytest.approx(UNEVEN.advantage, abs=0.01)
    assert crossed_differences(made).mean() == pytest.approx(UNEVEN.crossed, abs=0.01)
    assert (made.said < 0).mean() == pytest.approx(0.1, abs=0.003)


def test_accuracies_by_hand():
    who = Responders(privileged=(0.5, 0.0), shared=(0.2, 0.0), values=2, commonest=0.5)
    # Model 1 knows half of its answers, a fifth of the others from the input, and guesses.
    assert who.accuracy(0, 0) == pytest.approx(0.5 + 0.5 * (0.2 + 0.8 * 0.5))
    assert who.accuracy(1, 0) == who.accuracy(1, 1) == pytest.approx(0.5)
    # A merely better predictor shows in the plain form alone.
    better = Responders(shared=(0.4, 0.0), values=2, commonest=0.5)
    assert better.advantage == pytest.approx(0.2)
    assert better.crossed == pytest.approx(0.0)


@pytest.mark.parametrize("chance", [0.1, 0.3, 0.5])
def test_accuracies_decide_the_responders(chance):
    who = Responders.of_accuracies((0.8, 0.7), (0.55, 0.6), chance)
    assert who.chance == pytest.approx(chance)
    found = [who.accuracy(p, t) for p, t in ((0, 0), (1, 1), (0, 1), (1, 0))]
    assert found == pytest.approx([0.8, 0.7, 0.55, 0.6])


def test_impossible_accuracies_are_refused():
    with pytest.raises(InputError, match="at least as well as the other"):
        Responders.of_accuracies((0.3, 0.7), (0.5, 0.5), 0.1)
    with pytest.raises(InputError, match="chance"):
        Responders.of_accuracies((0.8, 0.8), (0.7, 0.7), 0.6)
    with pytest.raises(InputError, match="between 0 and 1"):
        Responders(icc=1.2)


@pytest.mark.parametrize("threshold", [0.2, 0.5])
def test_items_of_a_string_correlate_by_the_icc(threshold):
    drawn = correlated_uniforms(np.random.default_rng(1), (100_000, 2), 0.3) < threshold
    assert drawn.mean() == pytest.approx(threshold, abs=0.005)
    assert np.corrcoef(drawn.T)[0, 1] == pytest.approx(0.3, abs=0.02)


def test_sampled_predictions_are_calibrated_unless_told_otherwise():
    rng = np.random.default_rng(2)
    shown, said = sampling_shares(rng, Responders(shared=(1.0, 1.0), compliance=0.8), 50, 2)
    assert said[..., :-1] == pytest.approx(0.8 * shown)
    assert said[..., -1] == pytest.approx(np.full((50, 2), 0.2))
    flat = sampling_shares(rng, Responders(shared=(1.0, 1.0), miscalibration=1.0), 50)[1]
    assert flat[..., :-1] == pytest.approx(np.full((50, 1, 4), 0.25))
    counts = sampled_counts(rng, Responders(), 30, items=2, samples=12)
    assert (counts.objects.sum(axis=1) == 12).all() and (counts.predicted.sum(axis=1) == 12).all()
    assert counts.n_clusters == 30


def test_power_rises_from_the_level_and_finds_what_is_detectable():
    curve = power_curve(Plan(strings=150, properties=2, icc=0.3), seed=1, studies=200)
    assert curve[0].plain_advantage == 0 and curve[0].plain <= 0.11
    # With one seed for all advantages the curve has no jitter to speak of.
    assert all(b.plain >= a.plain - 0.02 for a, b in pairwise(curve))
    plain, crossed = detectable(curve)
    assert 0 < crossed < plain < 0.2
    larger = detectable(power_curve(Plan(strings=600, properties=2, icc=0.3), 1, 200))
    # Four times the strings find about half the advantage.
    assert larger[0] == pytest.approx(plain / 2, rel=0.3)


def test_nothing_is_detectable_where_power_stays_low():
    low = [Power(10, 0.0, 0.0, 0.05, 0.05), Power(10, 0.4, 0.4, 0.5, 0.85)]
    plain, crossed = detectable(low)
    assert plain is None
    assert crossed == pytest.approx(0.4 * 0.75 / 0.8)
