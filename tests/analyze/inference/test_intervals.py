"""Intervals against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analyze.inference import (
    cluster_sums,
    difference,
    difference_intervals,
    macro_difference,
    macro_difference_intervals,
    macro_proportion,
    macro_proportion_intervals,
    mean,
    mean_intervals,
    minimum_detectable_effect,
    proportion,
    proportion_intervals,
    wilson,
)


@pytest.mark.parametrize(("right", "n"), [(1, 10), (7, 12), (30, 40), (399, 400)])
def test_wilson_with_the_normal_quantile_is_scipys(right, n):
    expected = stats.binomtest(right, n).proportion_ci(method="wilson")
    low, high = wilson(right / n, n, df=1e9)
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-7)


def test_clusters_of_one_have_the_effective_size_n():
    values = np.array([1.0] * 30 + [0.0] * 10)
    estimate = proportion(values, np.ones(40))
    assert estimate.n_effective == pytest.approx(40)
    assert (estimate.low, estimate.high) == pytest.approx(wilson(0.75, 40, 39))
    assert estimate.std_error == pytest.approx(stats.sem(values))


def test_identical_rows_in_a_cluster_are_worth_one_row():
    once = proportion([1, 0, 1, 1, 0, 1], np.ones(6))
    tenfold = proportion([10, 0, 10, 10, 0, 10], np.full(6, 10))
    assert tenfold.std_error == pytest.approx(once.std_error)
    # n / (n - 1) differs between 6 and 60 rows; nothing else does.
    assert tenfold.n_effective == pytest.approx(once.n_effective * (60 / 59) / (6 / 5))
    assert (tenfold.n, tenfold.n_clusters) == (60, 6)


def test_no_variation_counts_the_clusters():
    estimate = proportion(np.full(8, 5.0), np.full(8, 5))
    assert (estimate.value, estimate.n_effective, estimate.high) == (1.0, 8.0, 1.0)
    assert 0.5 < estimate.low < 1
    assert estimate.below_coverage_rule


def test_no_data_set_is_worth_more_than_its_answers():
    # Averaged over two orders, 99 of 100 values are one half: the variance alone would claim
    # an effective size of 10,000.
    values = np.array([0.5] * 99 + [1.0])
    assert proportion(values, np.ones(100), answers=200).n_effective == 200


def test_one_cluster_has_no_interval_and_nothing_has_no_value():
    one = proportion([3.0], [4])
    assert (one.value, one.low, one.reason) == (0.75, None, "one cluster has no interval")
    none = mean([], [], n_missing=7)
    assert (none.value, none.n_missing, none.reason) == (None, 7, "no readable answer")


@pytest.mark.parametrize(("p", "below"), [(0.5, False), (0.9, True)])
def test_the_coverage_rule_marks_but_does_not_hide(p, below):
    values = (np.arange(40) < 40 * p).astype(float)
    estimate = proportion(values, np.ones(40))
    assert estimate.below_coverage_rule is below
    assert estimate.low is not None


@given(st.lists(st.tuples(st.integers(1, 9), st.floats(0, 1)), min_size=2, max_size=30))
def test_a_share_lies_in_its_interval_and_the_interval_in_0_1(clusters):
    counts = np.array([n for n, _ in clusters])
    estimate = proportion(counts * np.array([v for _, v in clusters]), counts)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


def test_mean_of_single_rows_is_the_t_interval():
    values = np.random.default_rng(0).normal(1, 2, 25)
    estimate = mean(values, np.ones(25))
    expected = stats.t.interval(0.95, 24, values.mean(), stats.sem(values))
    assert (estimate.low, estimate.high) == pytest.approx(expected)


def test_mean_of_equal_clusters_is_the_t_interval_of_their_means():
    values = np.random.default_rng(1).normal(size=(12, 5))
    sums, counts = cluster_sums(values.ravel(), np.repeat(np.arange(12), 5))
    estimate = mean(sums, counts)
    means = values.mean(axis=1)
    expected = stats.t.interval(0.95, 11, means.mean(), stats.sem(means))
    assert (estimate.low, estimate.high) == pytest.approx(expected)


def test_a_mean_without_variation_has_no_interval():
    estimate = mean([2.0, 2.0, 2.0], [1, 1, 1])
    assert (estimate.value, estimate.low, estimate.reason) == (2.0, None, "no two clusters differ")


def test_difference_adds_one_cluster_each_way():
    sums = np.array([1.0] * 4 + [-1.0] + [0.0] * 25)
    estimate = difference(sums, np.ones(30))
    residuals = sums - 0.1
    added = np.sqrt((residuals**4).sum() / (residuals**2).sum())
    # The same data with one cluster of +added and one of -added, each of `added` questions.
    more, weights = np.append(sums, [added, -added]), np.append(np.ones(30), [added, added])
    centre = more.sum() / weights.sum()
    squares = ((more - weights * centre) ** 2).sum()
    error = np.sqrt(32 / 31 * squares) / weights.sum()
    half = stats.t.ppf(0.975, 29) * error
    assert (estimate.low, estimate.high) == pytest.approx((centre - half, centre + half), abs=1e-12)
    assert (estimate.value, estimate.std_error) == pytest.approx((0.1, stats.sem(sums)))


def test_difference_comes_to_the_paired_t_interval():
    rng = np.random.default_rng(2)
    first, second = rng.integers(0, 2, (2, 20_000))
    estimate = difference(first - second, np.ones(20_000))
    expected = stats.ttest_rel(first, second).confidence_interval()
    assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high), abs=2e-5)


def test_equal_answers_everywhere_do_not_make_a_difference_certain():
    estimate = difference(np.zeros(30), np.ones(30))
    # Bonett and Price: one pair each way among 32.
    half = stats.t.ppf(0.975, 29) * np.sqrt(32 / 31 * 2) / 32
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((0, -half, half))


@given(st.lists(st.tuples(st.integers(1, 9), st.floats(-1, 1)), min_size=2, max_size=30))
def test_a_difference_lies_in_its_interval(clusters):
    counts = np.array([n for n, _ in clusters])
    estimate = difference(counts * np.array([v for _, v in clusters]), counts)
    assert -1 <= estimate.low <= estimate.value + 1e-12
    assert estimate.value - 1e-12 <= estimate.high <= 1


def test_the_variance_is_the_delete_one_cluster_jackknife():
    rng = np.random.default_rng(4)
    counts = np.array([1, 2, 4, 13, 7])
    sums = rng.binomial(counts, 0.6).astype(float)
    without = [np.delete(sums, i).sum() / np.delete(counts, i).sum() for i in range(5)]
    expected = 4 / 5 * ((np.array(without) - sums.sum() / 27) ** 2).sum()
    assert mean(sums, counts).std_error ** 2 == pytest.approx(expected, rel=1e-12)


def test_clusters_of_unequal_size_are_worth_fewer():
    assert mean([1.0, 2.0, 0.0], [3, 3, 3]).df == 2
    assert mean([1.0, 2.0, 6.0], [1, 2, 9]).df == pytest.approx(max(1, 144 / 86 - 1))
    assert mean([1.0, 2.0, 3.0, 1.0], [4, 4, 6, 4]).df == pytest.approx(18**2 / 84 - 1)


COUNTS = np.array([1, 2, 4, 13, 5, 5])


@pytest.mark.parametrize(
    ("one", "many"),
    [
        (proportion, proportion_intervals),
        (mean, mean_intervals),
        (difference, difference_intervals),
    ],
)
def test_many_data_sets_at_once_are_as_each_alone(one, many):
    sums = np.random.default_rng(5).binomial(COUNTS, 0.7, (50, 6)).astype(float)
    assert_same([one(s, COUNTS) for s in sums], many(sums, COUNTS))


def test_many_data_sets_of_several_concepts_are_as_each_alone():
    counts = np.random.default_rng(6).integers(0, 4, (12, 3))
    sums = np.random.default_rng(7).binomial(counts, 0.8, (50, 12, 3)).astype(float)
    answers = int(counts.sum())
    alone = [macro_proportion(s, counts, answers=answers) for s in sums]
    assert_same(alone, macro_proportion_intervals(sums, counts))
    assert_same(
        [macro_difference(s, counts) for s in sums], macro_difference_intervals(sums, counts)
    )


def assert_same(alone, together):
    for name in ("value", "low", "high", "std_error", "n_effective"):
        column = getattr(together, name)
        if column is not None:
            assert [getattr(e, name) for e in alone] == pytest.approx(list(column), abs=1e-12)


def test_macro_of_disjoint_concepts_adds_their_variances():
    rng = np.random.default_rng(3)
    values = rng.integers(0, 2, (2, 40)).astype(float)
    sums, counts = np.zeros((80, 2)), np.zeros((80, 2))
    sums[:40, 0], sums[40:, 1] = values
    counts[:40, 0] = counts[40:, 1] = 1
    estimate = macro_difference(sums, counts)
    variances = [v.var() / 40 for v in values]
    assert estimate.value == pytest.approx(values.mean())
    error = np.sqrt(80 / 79 * sum(variances) / 4)
    assert estimate.std_error == pytest.approx(error)
    assert estimate.df == pytest.approx(80 - 2)


def test_macro_weighs_concepts_equally_and_needs_two_clusters_in_each():
    sums = np.array([[9.0, 0], [9.0, 0], [0, 0.0]])
    counts = np.array([[9, 0], [9, 0], [0, 1]])
    estimate = macro_proportion(sums, counts, answers=19)
    assert (estimate.value, estimate.low) == (0.5, None)
    assert "one cluster" in estimate.reason


def test_minimum_detectable_effect():
    expected = (stats.t.ppf(0.975, 19) + stats.t.ppf(0.8, 19)) * 0.05
    assert minimum_detectable_effect(0.05, 19) == pytest.approx(expected)
    assert minimum_detectable_effect(0.0, 19) is None
    assert minimum_detectable_effect(0.05, None) is None
