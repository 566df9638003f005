"""Unweighted means over concepts whose clusters may be shared.

Two concepts can be asked about the same planning state or dialogue, so the strata are not
independent: a cluster enters with everything it contributes to all of them.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from analyze.inference.clusters import Floats
from analyze.inference.estimate import Estimate
from analyze.inference.means import NO_VARIATION, t_interval
from analyze.inference.proportion import effective_size, wilson


def macro_proportion(
    sums: ArrayLike, counts: ArrayLike, *, answers: int, n_missing: int = 0
) -> Estimate:
    """Return the mean over concepts of a share, with Wilson's interval on the effective size.

    `sums` and `counts` have shape (clusters, concepts). Degrees of freedom: clusters less
    concepts (Korn and Graubard 1998, section 2).
    """
    s, c = np.asarray(sums, float), np.asarray(counts, float)
    value, residuals, df, reason = _macro(s, c)
    variance = _variance(residuals)
    n, size = round(float(c.sum())), len(s)
    method = "mean over concepts, Wilson on the effective sample size, clustered"
    if reason:
        return Estimate(value, None, None, None, n, size, method, reason, n_missing)
    p = min(1.0, max(0.0, value))
    effective = effective_size(p, variance, n, residuals, answers)
    low, high = wilson(p, effective, df)
    return Estimate(
        p, low, high, math.sqrt(variance), n, size, method,
        n_missing=n_missing, n_effective=effective,
    )  # fmt: skip


def macro_mean(sums: ArrayLike, counts: ArrayLike, *, n_missing: int = 0) -> Estimate:
    """Return the mean over concepts of a mean, with a clustered t interval.

    Shapes and degrees of freedom as in `macro_proportion`.
    """
    s, c = np.asarray(sums, float), np.asarray(counts, float)
    value, residuals, df, reason = _macro(s, c)
    variance = _variance(residuals)
    n, size = round(float(c.sum())), len(s)
    method = "mean over concepts, clustered t interval"
    reason = reason or (NO_VARIATION if variance == 0 else None)
    if reason:
        return Estimate(value, None, None, None, n, size, method, reason, n_missing)
    error = math.sqrt(variance)
    low, high = t_interval(value, error, df, 0.95)
    return Estimate(value, low, high, error, n, size, method, n_missing=n_missing)


def contributions(sums: Floats, counts: Floats) -> Floats:
    """Return what each cluster adds to the mean over concepts; their sum is that mean."""
    return np.asarray((sums / counts.sum(axis=0)).mean(axis=1), float)


def _macro(sums: Floats, counts: Floats) -> tuple[float, Floats, int, str | None]:
    totals = counts.sum(axis=0)
    means = sums.sum(axis=0) / totals
    if int((counts > 0).sum(axis=0).min()) < 2:
        return float(means.mean()), np.zeros(0), 0, "a concept of one cluster has no interval"
    residuals = ((sums - counts * means) / totals).mean(axis=1)
    df = max(1, len(sums) - sums.shape[1])
    return float(means.mean()), np.asarray(residuals, float), df, None


def _variance(residuals: Floats) -> float:
    size = len(residuals)
    variance = size / (size - 1) * float(residuals @ residuals) if size else 0.0
    return variance if variance > 1e-18 else 0.0
