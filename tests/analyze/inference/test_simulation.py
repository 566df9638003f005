"""Coverage, type-I error and power on simulated data; thresholds allow 2 Monte Carlo errors."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from analyze.inference import (
    difference,
    joint_sign_flip,
    mcnemar_mid_p,
    minimum_detectable_effect,
    proportion,
    sign_flip,
)

GRID = list(
    itertools.product(
        (5, 10, 20, 40, 100), (1, 4, 10), (0, 0.1, 0.3, 0.6), (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
    )
)
QUICK = [(5, 10, 0.3, 0.5), (10, 4, 0.1, 0.8), (20, 10, 0.3, 0.9), (40, 1, 0.0, 0.7)]


def right_answers(rng, replicates, clusters, rows, icc, p):
    """Return correct answers per cluster, beta-binomial with this intraclass correlation."""
    if icc == 0 or rows == 1:
        return rng.binomial(rows, p, (replicates, clusters))
    size = (1 - icc) / icc
    return rng.binomial(rows, rng.beta(p * size, (1 - p) * size, (replicates, clusters)))


def true_effective(clusters, rows, icc, p):
    return clusters * rows / (1 + (rows - 1) * icc) * min(p, 1 - p)


def coverage(seed, replicates, clusters, rows, icc, p):
    """Return the share of intervals that hold p: of all, and of those the rule accepts."""
    rng = np.random.default_rng(seed)
    counts = np.full(clusters, rows)
    made = [proportion(s, counts) for s in right_answers(rng, replicates, clusters, rows, icc, p)]
    holds = np.array([e.low <= p <= e.high for e in made])
    kept = ~np.array([e.below_coverage_rule for e in made])
    return holds.mean(), holds[kept].mean() if kept.any() else math.nan, int(kept.sum())


def allowed(limit, replicates):
    return limit - 2 * math.sqrt(limit * (1 - limit) / replicates)


@pytest.mark.parametrize("cell", QUICK)
def test_wilson_covers(cell):
    every, accepted, n_accepted = coverage(0, 2_000, *cell)
    assert true_effective(*cell) >= 5
    assert every >= allowed(0.92, 2_000)
    assert accepted >= allowed(0.92, n_accepted)


@pytest.mark.soak
def test_wilson_covers_on_the_whole_grid():
    cells = [cell for cell in GRID if true_effective(*cell) >= 5]
    found = [coverage(i, 10_000, *cell) for i, cell in enumerate(cells)]
    every, accepted = (np.array([f[i] for f in found]) for i in (0, 1))
    enough = np.array([f[2] for f in found]) >= 1_000
    floors = np.array([allowed(0.92, f[2]) for f in found])
    print(f"{len(cells)} cells: all min {every.min():.4f} mean {every.mean():.4f}")
    print(f"accepted: min {accepted[enough].min():.4f} mean {accepted[enough].mean():.4f}")
    assert every.min() >= allowed(0.92, 10_000)
    assert (accepted >= floors)[enough].all()
    assert 0.94 <= every.mean() <= 0.97
    assert 0.94 <= accepted[enough].mean() <= 0.97


@pytest.mark.parametrize("informative", [0.05, 0.2, 0.5, 1.0])
def test_wilson_covers_values_averaged_over_two_orders(informative):
    """Most questions at one half, as a model with a strong preference for a place gives."""
    rng = np.random.default_rng(4)
    values = np.where(rng.random((1_000, 100)) < informative, 1.0, 0.5)
    truth = 0.5 + informative / 2
    made = [proportion(row, np.ones(100), answers=200) for row in values]
    assert np.mean([e.low <= truth <= e.high for e in made]) >= allowed(0.92, 1_000)


def test_wilson_finds_knowledge_under_a_strong_preference_for_a_place():
    """One question in ten is answered by knowledge (right in .8), the others by their place."""
    rng = np.random.default_rng(6)
    shape = (1_000, 400)
    values = np.where(rng.random(shape) < 0.1, rng.random(shape) < 0.8, 0.5)
    made = [proportion(row, np.ones(400), answers=800) for row in values]
    assert np.mean([e.low <= 0.53 <= e.high for e in made]) >= allowed(0.92, 1_000)
    # The t interval of the same values finds it as often.
    assert np.mean([e.low > 0.5 for e in made]) >= 0.95


@pytest.mark.parametrize(("clusters", "rows"), [(12, 1), (40, 4), (40, 10)])
def test_sign_flip_keeps_its_level_under_clustering(clusters, rows):
    rng = np.random.default_rng(5)
    right = right_answers(rng, 2_000, clusters, rows, 0.3, 0.5)
    rejected = np.mean([sign_flip(s - rows / 2, 0).p_value <= 0.05 for s in right])
    assert rejected <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 2_000)


def test_mcnemar_keeps_its_level_on_single_questions_and_loses_it_on_clusters():
    rng = np.random.default_rng(6)

    def rejections(rows, icc):
        first = right_answers(rng, 2_000, 60, rows, icc, 0.7)
        other = right_answers(rng, 2_000, 60, rows, icc, 0.7)
        # Within a cluster the two sides' answers are exchangeable: match them at random.
        both = rng.hypergeometric(first, rows - first, other)
        only_first, only_other = (first - both).sum(axis=1), (other - both).sum(axis=1)
        p = [mcnemar_mid_p(b, c) for b, c in zip(only_first, only_other, strict=True)]
        return np.mean(np.array(p) <= 0.05)

    assert rejections(1, 0.0) <= 0.07
    assert rejections(10, 0.3) > 0.10


def test_difference_keeps_its_level_and_finds_its_detectable_effect():
    rng = np.random.default_rng(7)
    spread, clusters, rows = 0.3, 30, 4
    noise = spread * rng.standard_normal((2_000, clusters))
    error = spread / math.sqrt(clusters)
    effect = minimum_detectable_effect(error, clusters)

    def excludes_zero(shift):
        made = [difference(rows * (d + shift), np.full(clusters, rows)) for d in noise]
        return np.mean([e.low > 0 or e.high < 0 for e in made])

    assert excludes_zero(0.0) <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 2_000)
    assert excludes_zero(effect) == pytest.approx(0.8, abs=0.03)


def test_joint_test_keeps_its_level():
    rejected = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        sums = np.zeros((100, 5))
        sums[np.arange(100), np.arange(100) % 5] = rng.binomial(8, 0.5, 100) / 2 - 2
        rejected += joint_sign_flip(sums, seed).p_value <= 0.05
    assert rejected <= 20
