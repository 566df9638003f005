"""Bins, deals and limits of calibration against plain loops and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from analyze.inference.calibration_counts import Counts, counted
from analyze.inference.calibration_crossfit import cross_fitted_mad, limits, mads, reduced
from analyze.inference.calibration_deals import dealt, halves
from analyze.inference.calibration_points import (
    Lattice,
    mean_absolute_deviation,
    points,
    quantile_bins,
    top,
)
from analyze.inference.calibration_swaps import excess_limits, observed, swapped
from analyze.inference.calibration_tables import cross_fitted
from analyze.simulation import Responders, sampled_counts


def plain_mad(x, y):
    """The MAD as one would write it down: quantiles, unique edges, means."""
    edges = np.unique(np.quantile(x, np.arange(11) / 10))
    bins = np.clip(np.searchsorted(edges, x) - 1, 0, None) if len(edges) > 1 else 0 * x
    gaps = [abs(x[bins == i].mean() - y[bins == i].mean()) for i in np.unique(bins)]
    return np.mean(gaps)


@pytest.mark.parametrize("seed", range(40))
def test_deviation_from_sums_is_that_from_points(seed):
    rng = np.random.default_rng(seed)
    n, k = rng.integers(1, 60), rng.integers(2, 21)
    # Every other time most points lie on one value, so that edges coincide.
    x = (rng.integers(1, k + 1, n) if seed % 2 else np.minimum(k, rng.integers(1, 3 * k, n))) / k
    y = rng.random(n)
    values, index, numbers = np.unique(x, return_inverse=True, return_counts=True)
    found = mean_absolute_deviation(numbers, values * numbers, np.bincount(index, y))
    assert found == pytest.approx(plain_mad(x, y))


def test_bins_by_hand():
    # Eleven points: every edge but the last lies on the first value, so one bin holds all.
    assert len(set(quantile_bins(np.array([10, 1])).tolist())) == 1
    assert len(set(quantile_bins(np.array([10, 10])).tolist())) == 2
    even = quantile_bins(np.full(20, 3))
    assert len(np.unique(even)) == 10 and (np.diff(even) >= 0).all()


def test_ranks_take_the_lower_code_of_equals_and_stop_where_nothing_is_left():
    best = top(np.array([[2, 5, 2, 0], [0, 0, 4, 0]]))
    assert best.column[0].tolist() == [1, 0, 2]
    assert best.times.tolist() == [[5, 2, 2], [4, 0, 0]]
    assert len(points(counted([[2, 2, 2]], [[2, 1, 1]], ["a"])).x) == 1


def test_values_of_different_sizes_share_one_lattice():
    lattice = Lattice.of(np.array([2, 4]))
    assert lattice.values.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert lattice.index[2, 1] == lattice.index[4, 2]


def test_deals_follow_the_hypergeometric_distribution():
    pool = np.array([[3, 2, 1]])
    first, second, _ = dealt(np.random.default_rng(0), pool, np.array([3]), 40_000)
    for drawn, count in ((first, 3), (second, 2)):
        shares = np.bincount(drawn[0], minlength=4) / 40_000
        assert shares == pytest.approx(stats.hypergeom(6, count, 3).pmf(range(4)), abs=0.01)
    # Of one pair of columns: negative, as what one takes the other cannot.
    assert np.corrcoef(first[0], second[0])[0, 1] < -0.5


def test_halves_are_all_of_it():
    objects = np.random.default_rng(1).multinomial(7, [0.5, 0.3, 0.2], 50)
    first, second = halves(np.random.default_rng(2), objects)
    assert (first + second == objects).all() and (first >= 0).all() and (second >= 0).all()
    assert (first.sum(axis=1) == 3).all()


def test_order_of_answers_and_names_of_behaviours_do_not_matter():
    rng = np.random.default_rng(3)
    shown, said = rng.integers(0, 4, (60, 9)), rng.integers(0, 4, (60, 8))
    counts = counted(shown, said, np.arange(60))
    turned = counted(np.sort(shown)[:, ::-1] + 5, np.sort(said) + 5, np.arange(60))
    assert (counts.objects == turned.objects).all()
    assert cross_fitted_mad(counts, 1) == cross_fitted_mad(turned, 1)


def test_a_deal_of_what_was_observed_is_what_was_observed():
    rng = np.random.default_rng(4)
    counts = sampled_counts(rng, Responders(miscalibration=0.5), 80)
    plotted, found = points(counts), observed(counts)
    assert found.mad[0] == pytest.approx(plain_mad(plotted.x, plotted.y))
    for rank in (1, 2, 3):
        own = plotted.rank == rank
        assert found.by_rank[rank - 1, 0] == pytest.approx(
            plain_mad(plotted.x[own], plotted.y[own])
        )
        assert found.ranked[rank - 1, 0] == own.sum()


def test_the_squared_distance_is_unbiased():
    shares = np.array([[0.6, 0.3, 0.1], [0.2, 0.3, 0.5]])
    rng = np.random.default_rng(5)
    counts = Counts(
        rng.multinomial(5, shares[0], 40_000), rng.multinomial(4, shares[1], 40_000),
        np.arange(40_000),
    )  # fmt: skip
    truth = ((shares[0] - shares[1]) ** 2).sum()
    assert observed(counts).distance[0] == pytest.approx(truth, abs=0.004)


@pytest.mark.parametrize("mu", [0.0, 0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0])
def test_what_is_taken_off_a_gap_is_never_too_little(mu):
    def weighted(z):
        return reduced(np.array(abs(z))) * stats.norm.pdf(z, mu)

    mean = integrate.quad(weighted, mu - 9, mu + 9, points=[0.0], limit=200)[0]
    assert mean <= mu + 1e-6
    assert mu < 3 or mean == pytest.approx(mu, abs=0.05)


def test_gaps_vary_between_data_sets_as_their_standard_errors_say():
    """Clusters of four prompts that share their P_o, and unlike gaps."""
    who = Responders(shared=(1.0, 1.0), compliance=0.5, icc=0.6)
    rng = np.random.default_rng(6)
    made = []
    for _ in range(300):
        table = cross_fitted(sampled_counts(rng, who, 60, items=4), rng)
        # Two bins that never move: up to half of the answers, and more.
        low = np.arange(len(table.numbers)) >= 5
        found = mads(table, low[None].astype(np.int64))
        made.append([found.value[0], found.std_error[0]])
    values, errors = np.array(made).T
    assert errors.mean() == pytest.approx(values.std(), rel=0.12)


def test_limits_hold_the_value_and_stay_shares():
    rng = np.random.default_rng(7)
    for who in (Responders(), Responders(shared=(1.0, 1.0)), Responders(compliance=0.0)):
        value, low, high, _ = limits(cross_fitted(sampled_counts(rng, who, 40), rng), rng)
        assert 0 <= low <= value <= high <= 1


def test_the_excess_holds_zero_just_where_the_value_lies_within_its_null():
    null = np.arange(1.0, 200.0)
    low, high = excess_limits(195.0, null)
    # Of 199 deals the points are the fifth from either end.
    assert (low, high) == (0.0, 190.0)
    assert excess_limits(195.1, null)[0] > 0
    assert excess_limits(4.9, null)[1] < 0


def test_thousands_of_prompts_are_dealt_in_blocks():
    counts = sampled_counts(np.random.default_rng(8), Responders(shared=(1.0, 1.0)), 3_000)
    null = swapped(counts, seed=1, deals=99)
    assert null.mad.shape == (99,)
    assert null.mad.mean() == pytest.approx(observed(counts).mad[0], abs=0.01)
