"""Macro averages: unweighted means over concepts, or properties, whose clusters may be shared.

Two concepts can be asked about the same planning state or dialogue, so the strata are not
independent: a cluster enters with everything it contributes to all of them. `sums` has shape
(..., clusters, concepts), `counts` has shape (clusters, concepts).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analyze.inference.clusters import Floats, degrees_of_freedom
from analyze.inference.estimate import Estimate, Intervals
from analyze.inference.means import adjusted_intervals
from analyze.inference.proportion import effective_size, wilson

METHOD_PROPORTION = "macro average, Wilson on the effective sample size, clustered"
METHOD_DIFFERENCE = (
    "macro average of paired differences, clustered t interval with one cluster added each way"
)
ONE_CLUSTER = "a concept or property of one cluster has no interval"


def macro_proportion_intervals(
    sums: ArrayLike, counts: ArrayLike, *, answers: int | None = None
) -> Intervals:
    """Return means over concepts of a share, with Wilson's interval on the effective size.

    Every concept needs at least two clusters. Degrees of freedom: effective clusters less
    concepts (Korn and Graubard 1998, section 2). `answers` as in `proportion_intervals`.
    """
    s, c = np.asarray(sums, float), np.asarray(counts, float)
    value, residuals = _macro(s, c)
    variance, n = _variance(residuals), round(float(c.sum()))
    p = np.clip(value, 0.0, 1.0)
    size = effective_size(p, variance, n, residuals, answers or n)
    df = _degrees_of_freedom(c)
    low, high = wilson(p, size, df)
    return Intervals(p, low, high, np.sqrt(variance), df, size)


def macro_difference_intervals(sums: ArrayLike, counts: ArrayLike) -> Intervals:
    """Return means over concepts of a mean paired difference, intervals by `adjusted_intervals`.

    Degrees of freedom as in `macro_proportion_intervals`.
    """
    s, c = np.asarray(sums, float), np.asarray(counts, float)
    value, residuals = _macro(s, c)
    error = np.sqrt(_variance(residuals))
    plain = Intervals(value, value, value, error, _degrees_of_freedom(c))
    return adjusted_intervals(plain, residuals, contributions(c, c), 0.95)


def macro_proportion(
    sums: ArrayLike, counts: ArrayLike, *, answers: int, n_missing: int = 0
) -> Estimate:
    """Return one data set's mean over concepts of a share, as the plural function does."""
    s, c = np.asarray(sums, float), np.asarray(counts, float)
    if _too_few(c):
        return _without_interval(s, c, METHOD_PROPORTION, n_missing)
    found = macro_proportion_intervals(s, c, answers=answers)
    return Estimate.one_of(found, round(float(c.sum())), len(s), METHOD_PROPORTION, n_missing)


def macro_difference(sums: ArrayLike, counts: ArrayLike, *, n_missing: int = 0) -> Estimate:
    """Return one data set's mean over concepts of a difference, as the plural function does."""
    s, c = np.asarray(sums, float), np.asarray(counts, float)
    if _too_few(c):
        return _without_interval(s, c, METHOD_DIFFERENCE, n_missing)
    found = macro_difference_intervals(s, c)
    return Estimate.one_of(found, round(float(c.sum())), len(s), METHOD_DIFFERENCE, n_missing)


def contributions(sums: Floats, counts: Floats) -> Floats:
    """Return what each cluster adds to the mean over concepts; their sum is that mean."""
    return np.asarray((sums / counts.sum(axis=0)).mean(axis=-1), float)


def _too_few(counts: Floats) -> bool:
    return bool((counts > 0).sum(axis=0).min() < 2)


def _without_interval(s: Floats, c: Floats, method: str, n_missing: int) -> Estimate:
    value = float((s.sum(axis=0) / c.sum(axis=0)).mean())
    n = round(float(c.sum()))
    return Estimate(value, None, None, None, n, len(s), method, ONE_CLUSTER, n_missing)


def _macro(sums: Floats, counts: Floats) -> tuple[Floats, Floats]:
    totals = counts.sum(axis=0)
    means = sums.sum(axis=-2) / totals
    residuals = (sums - counts * means[..., None, :]) / totals
    return np.asarray(means.mean(axis=-1)), np.asarray(residuals.mean(axis=-1), float)


def _degrees_of_freedom(counts: Floats) -> float:
    return degrees_of_freedom(contributions(counts, counts), counts.shape[1])


def _variance(residuals: Floats) -> Floats:
    size = residuals.shape[-1]
    variance = size / (size - 1) * (residuals**2).sum(axis=-1)
    return np.where(variance > 1e-18, variance, 0.0)
