"""Clustered intervals for means and for paired differences."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from analyze.inference.clusters import Floats, ratio_variance
from analyze.inference.estimate import Estimate
from analyze.inference.quantiles import t_quantile

METHOD = "clustered mean, t interval"
PAIRED = "paired difference, clustered t interval"
UNVARIED = "paired difference, Wilson bound on differing clusters"
ONE_CLUSTER = "one cluster has no interval"
NO_VARIATION = "no two clusters differ"
NOTHING = "no readable answer"


def as_sums(sums: ArrayLike, counts: ArrayLike) -> tuple[Floats, Floats]:
    """Return sums and counts as float arrays without the clusters that hold no question."""
    s, c = np.asarray(sums, float), np.asarray(counts, float)
    return s[c > 0], c[c > 0]


def t_interval(value: float, std_error: float, df: float, level: float) -> tuple[float, float]:
    """Return value -+ t * standard error (Student 1908)."""
    half = t_quantile(level, df) * std_error
    return value - half, value + half


def mean(
    sums: ArrayLike, counts: ArrayLike, *, n_missing: int = 0, level: float = 0.95
) -> Estimate:
    """Return a mean with the t interval on clusters - 1 degrees of freedom.

    The clustered standard error is that of `ratio_variance`; with clusters of one it is the
    ordinary one-sample t interval. Where no two clusters differ there is no interval.
    """
    estimate = _mean(sums, counts, METHOD, n_missing, level)
    if estimate.std_error == 0:
        return replace(estimate, low=None, high=None, std_error=None, reason=NO_VARIATION)
    return estimate


def difference(
    sums: ArrayLike, counts: ArrayLike, *, n_missing: int = 0, level: float = 0.95
) -> Estimate:
    """Return a mean paired difference of values in [0, 1] with its clustered t interval.

    `sums[c]` adds first minus second over the shared questions of cluster c. Where no two
    clusters differ a t interval would have length 0; then a cluster that differs is taken to
    be as likely as the upper end of Wilson's interval at 0 of C, t^2 / (C + t^2), and the
    interval is as wide as such clusters could move the mean within [-1, 1].
    """
    estimate = _mean(sums, counts, PAIRED, n_missing, level)
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate
    if estimate.std_error == 0:
        low, high = _unvaried(estimate.value, estimate.n_clusters, level)
        return replace(estimate, low=low, high=high, method=UNVARIED)
    return replace(estimate, low=max(-1.0, estimate.low), high=min(1.0, estimate.high))


def _unvaried(value: float, clusters: int, level: float) -> tuple[float, float]:
    t2 = t_quantile(level, clusters - 1) ** 2
    share = t2 / (clusters + t2)
    return value - share * (1 + value), value + share * (1 - value)


def _mean(
    sums: ArrayLike, counts: ArrayLike, method: str, n_missing: int, level: float
) -> Estimate:
    s, c = as_sums(sums, counts)
    n = round(float(c.sum()))
    if n == 0:
        return Estimate(None, None, None, None, 0, 0, method, NOTHING, n_missing)
    value = float(s.sum() / n)
    if len(s) == 1:
        return Estimate(value, None, None, None, n, 1, method, ONE_CLUSTER, n_missing)
    error = math.sqrt(ratio_variance(s, c))
    low, high = t_interval(value, error, len(s) - 1, level)
    return Estimate(value, low, high, error, n, len(s), method, n_missing=n_missing)
