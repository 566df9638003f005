"""The test that a proportion's Wilson interval inverts."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analyze.inference.estimate import Estimate, Test


def score_p_values(
    value: ArrayLike, n_effective: ArrayLike, null_value: float, df: float
) -> NDArray[np.float64]:
    """Return two-sided p-values, at most .05 where Wilson's 95% interval excludes the null value.

    Score statistic (value - null) / sqrt(null (1 - null) / n_effective) on the t distribution
    with `df` degrees of freedom: Agresti and Coull (1998), American Statistician 52, section
    2, with the effective size and degrees of freedom of `wilson`. Its error at the null value
    does not hang on answers being symmetric round it, as a sign-flip test's does.
    """
    error = np.sqrt(null_value * (1 - null_value) / np.asarray(n_effective, float))
    distance = np.abs(np.asarray(value, float) - null_value) / error
    return np.asarray(2 * stats.t.sf(distance, df), float)


def score_test(estimate: Estimate, null_value: float) -> Test | None:
    """Return the score test of a proportion; None without an interval or a null value in (0, 1)."""
    if estimate.value is None or estimate.n_effective is None or estimate.df is None:
        return None
    if not 0 < null_value < 1:
        return None
    p = score_p_values(estimate.value, estimate.n_effective, null_value, estimate.df)
    return Test(float(p), "score test on the effective sample size")
