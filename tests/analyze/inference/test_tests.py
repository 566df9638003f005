"""Tests and adjustments against closed forms and full listings."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from analyze.inference import (
    benjamini_hochberg,
    holm,
    holm_levels,
    joint_sign_flip,
    mcnemar_mid_p,
    proportion,
    score_test,
    sign_flip,
)
from analyze.inference.signflip import drawn_totals


def listed(sums):
    totals = [np.dot(s, sums) for s in itertools.product((-1, 1), repeat=len(sums))]
    return np.mean(np.abs(totals) >= abs(np.sum(sums)) - 1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_sign_flip_on_a_lattice_equals_the_full_listing(seed):
    sums = np.random.default_rng(seed).choice([-1, -0.75, 0.25, 0.5, 1.5], 11)
    test = sign_flip(sums, seed)
    assert test.p_value == pytest.approx(listed(sums), abs=1e-12)
    assert test.seed is None


def test_sign_flip_of_few_continuous_sums_equals_the_full_listing():
    sums = np.random.default_rng(7).normal(0.4, 1, 10)
    assert sign_flip(sums, 0).p_value == pytest.approx(listed(sums))


def test_sign_flip_of_single_answers_is_the_sign_test():
    sums = np.array([1.0] * 30 + [-1.0] * 14)
    assert sign_flip(sums, 0).p_value == pytest.approx(stats.binomtest(30, 44).pvalue, rel=1e-9)


def test_drawn_signs_agree_with_scipy_and_repeat():
    sums = np.random.default_rng(8).normal(0.25, 1, 60)
    drawn = sign_flip(sums, 3)
    other = stats.permutation_test(
        (sums,), np.sum, permutation_type="samples", n_resamples=9_999, rng=1
    )
    assert drawn.p_value == pytest.approx(other.pvalue, abs=0.02)
    assert (drawn, drawn.seed) == (sign_flip(sums, 3), 3)
    assert (drawn.p_value * 10_000) == pytest.approx(round(drawn.p_value * 10_000))


@pytest.mark.parametrize(("shift", "below"), [(0.0, False), (1.0, True)])
def test_thousands_of_small_clusters_count_beside_one_large(shift, below):
    small = np.random.default_rng(9).normal(shift, 0.5, 2_000)
    test = sign_flip(np.append(small, 4_000.0), 0)
    assert "rounded at random" in test.method
    assert (test.p_value < 1e-6) == below
    # Beside one sum that outweighs all, signs agree with it or not: half of them do.
    assert below or test.p_value > 0.2


def test_sign_flip_of_rounded_sums_agrees_with_drawn_signs():
    sums = np.random.default_rng(10).gamma(0.3, 1, 1_500) * 2 - 0.66
    drawn = np.abs(drawn_totals(sums, 1)) >= abs(sums.sum())
    assert sign_flip(sums, 0).p_value == pytest.approx(drawn.mean(), abs=0.02)


def test_sign_flip_never_says_less_than_its_smallest_possible_value():
    assert sign_flip(np.ones(6), 0).p_value == pytest.approx(2 / 64)
    assert sign_flip(np.ones(500), 0).p_value == 1e-12
    assert sign_flip(np.zeros(9), 0).p_value == 1.0


@pytest.mark.parametrize("right", [2, 7, 12, 30])
def test_score_test_rejects_what_the_interval_excludes(right):
    estimate = proportion([1.0] * right + [0.0] * (40 - right), np.ones(40))
    for null in np.linspace(0.02, 0.98, 49):
        rejected = score_test(estimate, null).p_value < 0.05
        assert rejected == (not estimate.low <= null <= estimate.high)


def test_score_test_is_the_one_sample_test_of_a_proportion():
    # Clusters of one: z = (p - null) / sqrt(null (1 - null) / n), here on 39 degrees of freedom.
    estimate = proportion([1.0] * 16 + [0.0] * 24, np.ones(40))
    z = (0.4 - 0.25) / np.sqrt(0.25 * 0.75 / 40)
    assert score_test(estimate, 0.25).p_value == pytest.approx(2 * stats.t.sf(z, 39), rel=1e-12)
    assert score_test(estimate, 0.0) is None
    assert score_test(proportion([3.0], [4]), 0.25) is None


def test_no_right_answer_among_ten_is_no_proof_against_a_chance_of_one_fifth():
    # All wrong by luck happens in .107; the sign-flip test would reject it.
    estimate = proportion(np.zeros(10), np.ones(10))
    assert score_test(estimate, 0.2).p_value > 0.05
    assert sign_flip(np.full(10, -0.2), 0).p_value < 0.05


@pytest.mark.parametrize(("b", "c"), [(0, 6), (3, 9), (12, 5), (40, 20)])
def test_mcnemar_mid_p_is_the_exact_value_less_half_of_both_end_points(b, c):
    exact = stats.binomtest(min(b, c), b + c).pvalue
    assert mcnemar_mid_p(b, c) == pytest.approx(exact - stats.binom.pmf(min(b, c), b + c, 0.5))
    assert mcnemar_mid_p(b, c) == mcnemar_mid_p(c, b)


def test_mcnemar_without_a_difference():
    assert mcnemar_mid_p(0, 0) == 1.0
    assert mcnemar_mid_p(8, 8) == pytest.approx(1.0)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_benjamini_hochberg_is_scipys():
    p = np.random.default_rng(0).random(20)
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p))


@pytest.mark.parametrize("seed", range(20))
def test_levels_reject_exactly_what_holm_rejects(seed):
    p = np.random.default_rng(seed).beta(0.2, 3, 8)
    assert ((p <= holm_levels(p)) == (holm(p) <= 0.05)).all()


def test_levels_stop_at_the_first_test_that_is_not_rejected():
    assert holm_levels([0.04, 0.02, 0.03]) == pytest.approx([0.05 / 3] * 3)
    assert holm_levels([0.04, 0.01, 0.03]) == pytest.approx([0.025, 0.05 / 3, 0.025])


def test_joint_test_sees_deviations_that_cancel_in_the_mean():
    sums = np.zeros((60, 2))
    sums[:30, 0], sums[30:, 1] = 1.0, -1.0
    sums[::6] *= -1
    assert sign_flip(sums.sum(axis=1), 0).p_value > 0.5
    assert joint_sign_flip(sums, 0).p_value < 0.01


def test_joint_test_of_one_concept_is_its_sign_flip_test():
    sums = np.random.default_rng(5).normal(0.2, 1, (40, 1))
    assert joint_sign_flip(sums, 0).p_value == pytest.approx(
        sign_flip(sums[:, 0], 0).p_value, abs=0.02
    )
