"""Statistics of calibration against counts by hand and against known truth."""

from __future__ import annotations

import numpy as np
import pytest

from analyze.inference.calibration_counts import counted
from analyze.inference.calibration_crossfit import cross_fitted_mad
from analyze.inference.calibration_points import points
from analyze.inference.calibration_swaps import observed, swapped


def drawn(n: int, k: int, seed: int, off: float = 0.0):
    """Codes of k answers and k predictions of n prompts; `off` is how often a prediction is 9."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet([1.0] * 4, n).cumsum(axis=1)
    answers, said = (
        (rng.random((n, k, 1)) > shares[:, None, :]).sum(axis=2).clip(max=3) for _ in range(2)
    )
    return answers, np.where(rng.random((n, k)) < off, 9, said)


def test_counts_by_hand():
    counts = counted([[0, 0, 1, -1], [2, -1, -1, -1]], [[0, 1, 5, -1], [2, 2, 2, 2]], ["a", "b"])
    # The second prompt has one answer that can be compared, so it is left out.
    assert (counts.n, counts.n_missing, counts.not_compliant) == (1, 1, (1, 1))
    assert counts.objects.sum() == 3 and counts.predicted.sum() == 4
    plotted = points(counts)
    assert plotted.x.tolist() == pytest.approx([2 / 3, 1 / 3])
    assert plotted.y.tolist() == pytest.approx([1 / 4, 1 / 4])
    found = observed(counts)
    # Two of the four predictions are of values that no answer shows.
    assert found.unseen[0] == pytest.approx(0.5)


def test_the_paper_s_deviation_in_one_bin_is_the_gap_of_the_means():
    counts = counted([[1] * 5] * 8, [[1, 1, 1, 1, 2]] * 4 + [[1, 1, 2, 2, 2]] * 4, range(8))
    assert observed(counts).mad[0] == pytest.approx(1 - 0.6)


def test_dealing_finds_what_exchanging_sides_could_not():
    counts = counted([[0] * 6] * 30, [[1] * 6] * 30, range(30))
    null = swapped(counts, seed=1, deals=99)
    assert observed(counts).mad[0] == 1.0
    # Exchanged as wholes, every deal would come to 1 as well.
    assert null.mad.max() < 0.5


@pytest.mark.parametrize("n", [60, 250])
def test_perfect_calibration_is_rejected_about_as_often_as_promised(n):
    inside = 0
    for seed in range(20):
        answers, said = drawn(n, 10, seed)
        counts = counted(answers, said, np.arange(n))
        null = swapped(counts, seed, 199).mad
        excess = observed(counts).mad[0] - null.mean()
        low, high = np.quantile(null - null.mean(), (0.025, 0.975))
        inside += excess + low <= 0 <= excess + high
    assert inside >= 17


def test_the_cross_fitted_deviation_holds_zero_and_finds_a_gap():
    held = 0
    for seed in range(10):
        found = cross_fitted_mad(counted(*drawn(250, 20, seed), np.arange(250)), seed)
        held += found.low <= 1e-9
        # The plain one is biased by the ranks' being chosen on the same noise.
        assert found.value < observed(counted(*drawn(250, 20, seed), np.arange(250))).mad[0]
    assert held >= 8
    off = cross_fitted_mad(counted(*drawn(250, 20, 1, off=0.5), np.arange(250)), 1)
    assert off.low > 0.05
    assert (off.n, off.n_clusters) == (250, 250)


def test_one_cluster_has_no_interval_and_no_prompt_no_estimate():
    one = cross_fitted_mad(counted(*drawn(20, 6, 1), np.zeros(20)), 1)
    assert one.low is None and one.value is not None
    none = cross_fitted_mad(counted(np.full((3, 4), -1), np.zeros((3, 4)), range(3)), 1)
    assert (none.value, none.n, none.n_missing) == (None, 0, 3)


def test_the_same_seed_gives_the_same_numbers():
    counts = counted(*drawn(80, 8, 2), np.arange(80))
    assert cross_fitted_mad(counts, 5) == cross_fitted_mad(counts, 5)
    assert (swapped(counts, 5, 50).mad == swapped(counts, 5, 50).mad).all()
