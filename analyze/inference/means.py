"""Clustered intervals for means and for paired differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from analyze.inference.clusters import Floats, degrees_of_freedom, ratio_residuals, ratio_variance
from analyze.inference.estimate import Estimate, Intervals
from analyze.inference.quantiles import t_quantile

METHOD = "clustered mean, t interval"
PAIRED = "paired difference, clustered t interval with one cluster added each way"
ONE_CLUSTER = "one cluster has no interval"
NO_VARIATION = "no two clusters differ"
NOTHING = "no readable answer"


def as_sums(sums: ArrayLike, counts: ArrayLike) -> tuple[Floats, Floats]:
    """Return sums and counts as float arrays without the clusters that hold no question."""
    s, c = np.asarray(sums, float), np.asarray(counts, float)
    return s[..., c > 0], c[c > 0]


def mean_intervals(sums: ArrayLike, counts: ArrayLike, *, level: float = 0.95) -> Intervals:
    """Return means with their clustered t intervals (Student 1908), one a data set.

    `sums` has shape (..., clusters), at least two and none of them empty. Standard error and
    degrees of freedom are those of `ratio_variance` and `degrees_of_freedom`; with clusters
    of one it is the ordinary one-sample t interval.
    """
    s, c = np.asarray(sums, float), np.asarray(counts, float)
    value, error, df = (
        s.sum(axis=-1) / c.sum(),
        np.sqrt(ratio_variance(s, c)),
        degrees_of_freedom(c),
    )
    half = t_quantile(level, df) * error
    return Intervals(value, value - half, value + half, error, df)


def mean(
    sums: ArrayLike, counts: ArrayLike, *, n_missing: int = 0, level: float = 0.95
) -> Estimate:
    """Return one data set's mean as `mean_intervals` does, none where no two clusters differ."""
    s, c = as_sums(sums, counts)
    if (without := _without_interval(s, c, METHOD, n_missing)) is not None:
        return without
    n = round(float(c.sum()))
    found = Estimate.one_of(mean_intervals(s, c, level=level), n, len(s), METHOD, n_missing)
    if found.std_error == 0:
        return replace(found, low=None, high=None, std_error=None, reason=NO_VARIATION)
    return found


def difference_intervals(sums: ArrayLike, counts: ArrayLike, *, level: float = 0.95) -> Intervals:
    """Return mean paired differences of values in [0, 1] with intervals by `adjusted_intervals`.

    `sums` has shape (..., clusters) and adds first minus second over the shared questions.
    """
    s, c = np.asarray(sums, float), np.asarray(counts, float)
    plain = mean_intervals(s, c)
    n = c.sum()
    return adjusted_intervals(plain, ratio_residuals(s, c) / n, c / n, level)


def adjusted_intervals(
    plain: Intervals, residuals: Floats, weights: Floats, level: float
) -> Intervals:
    """Return t intervals in [-1, 1] after adding one cluster of difference 1 and one of -1.

    Bonett and Price (2012), Journal of Educational and Behavioral Statistics 37, add one
    discordant pair in each direction, which mends Wald's interval where few pairs differ. Here
    the two weigh as much as a cluster that deviates: sqrt(sum r^4 / sum r^2) of the residuals,
    or an average cluster where none deviates, times the root mean square of the clusters'
    weights over their mean. `residuals` and `weights` (..., clusters) are shares of the whole;
    the interval always holds the value.
    """
    squares, size = (residuals**2).sum(axis=-1), weights.shape[-1]
    varied = squares > 1e-18
    deviating = np.sqrt((residuals**4).sum(axis=-1) / np.where(varied, squares, 1.0))
    uneven = np.sqrt(size * (weights**2).sum())
    added = uneven * np.where(varied, deviating, 1 / size)
    centre = plain.value / (1 + 2 * added)
    moved = residuals + weights * (plain.value - centre)[..., None]
    total = (moved**2).sum(axis=-1) + 2 * added**2 * (1 + centre**2)
    half = t_quantile(level, plain.df) * np.sqrt((size + 2) / (size + 1) * total) / (1 + 2 * added)
    return plain._replace(low=np.maximum(-1.0, centre - half), high=np.minimum(1.0, centre + half))


def difference(
    sums: ArrayLike, counts: ArrayLike, *, n_missing: int = 0, level: float = 0.95
) -> Estimate:
    """Return one data set's mean paired difference as `difference_intervals` does."""
    s, c = as_sums(sums, counts)
    if (without := _without_interval(s, c, PAIRED, n_missing)) is not None:
        return without
    found = difference_intervals(s, c, level=level)
    return Estimate.one_of(found, round(float(c.sum())), len(s), PAIRED, n_missing)


def _without_interval(s: Floats, c: Floats, method: str, n_missing: int) -> Estimate | None:
    n = round(float(c.sum()))
    if n == 0:
        return Estimate(None, None, None, None, 0, 0, method, NOTHING, n_missing)
    if len(s) == 1:
        return Estimate(float(s[0] / n), None, None, None, n, 1, method, ONE_CLUSTER, n_missing)
    return None
