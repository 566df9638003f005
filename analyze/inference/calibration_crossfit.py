"""The cross-fitted mean absolute deviation of a calibration plot, with its interval."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from scipy import special

from analyze.inference.calibration_counts import Counts, Whole
from analyze.inference.calibration_points import BINS, assigned, quantile_bins
from analyze.inference.calibration_tables import Table, cross_fitted
from analyze.inference.clusters import Floats
from analyze.inference.estimate import Estimate
from analyze.inference.means import NOTHING, ONE_CLUSTER
from analyze.inference.quantiles import t_quantile

METHOD = "cross-fitted MAD over quantile bins, clustered interval over likely bins"
# Draws of where the bins' edges lie in all prompts.
EDGES = 299
# Width, in standard errors, of what is taken off a gap near 0 for the lower limit.
WIDTH = 0.7
# One division counts as settled if it takes this share of the draws. Else the tails are taken
# shorter: where chance decides between two divisions, a quantile of their mixture misses the
# rarer one too often.
SETTLED = 0.99
DOUBTFUL = 0.6
REACH = 6.0
STEPS = 30


class Mads(NamedTuple):
    """The MAD under each division into bins: all [divisions].

    `reduced` is the MAD less what gaps near 0 owe to noise, `std_error` that of the mean of the
    gaps with their signs; `least` is the smallest gap in its standard errors. `with_shares`
    [divisions, values] is the covariance of that mean with the shares of points up to a value.
    """

    value: Floats
    reduced: Floats
    std_error: Floats
    least: Floats
    with_shares: Floats


def cross_fitted_mad(counts: Counts, seed: int) -> Estimate:
    """Return the cross-fitted MAD, a share, with an interval for its value in endless prompts.

    Rank and bin come from one half of a prompt's object answers, x from the other, so that under
    perfect calibration every bin's true gap is 0 (cross-fitting: Chernozhukov et al. 2018,
    Econometrics Journal 21, section 1; the MAD of Binder et al. 2024, section 3.3.1). What is
    estimated is the same number with as many answers a prompt and endless prompts.

    Two things make a plain interval wrong. A gap near 0 looks larger than it is: |g + noise| is
    not centred on |g|. So the lower limit starts from `reduced`, which is not above the truth in
    the mean; the upper from the MAD itself, which is not below it. And where nearly a whole number
    of tenths of the points lie below a value, chance decides between two divisions into bins,
    whose MADs differ. So the limits are quantiles of a mixture over the divisions that are likely,
    given how well the shares of points are known: the 2.5 and 97.5% points where one division is
    nearly certain, else the 1.5 and 98.5% points.
    """
    if counts.n == 0:
        return Estimate(None, None, None, None, 0, 0, METHOD, NOTHING, counts.n_missing)
    rng = np.random.default_rng(seed)
    table = cross_fitted(counts, rng)
    sizes = (counts.n, table.n_clusters)
    if table.n_clusters == 1:
        value = float(_plain(table))
        return Estimate(value, None, None, None, *sizes, METHOD, ONE_CLUSTER, counts.n_missing)
    value, low, high, error = limits(table, rng)
    return Estimate(
        value, low, high, error, *sizes, METHOD, n_missing=counts.n_missing, df=table.df
    )


def limits(table: Table, rng: Generator, level: float = 0.95) -> tuple[float, float, float, float]:
    """Return the MAD, the limits of its interval and its standard error under its own bins."""
    found = mads(table, quantile_bins(np.rint(table.numbers).astype(np.int64))[None])
    value, error = float(found.value[0]), float(found.std_error[0])
    low, high = likely_limits(table, rng, level)
    return value, min(value, max(0.0, low)), max(value, min(1.0, high)), error


def likely_limits(table: Table, rng: Generator, level: float) -> tuple[float, float]:
    """Return quantiles of the mixture over divisions into bins that are likely.

    Shares of points up to each value are drawn from their normal approximation, and edges laid
    where ten quantile bins of such shares have them. Gaps and shares vary together, so each draw
    shifts the MAD by its regression on the shares and leaves the rest of its variance.
    """
    share, covariance = table.cumulated()
    variance, axes = np.linalg.eigh(covariance)
    scale = np.sqrt(np.where(variance > 1e-9 * variance.max(), variance, 0.0))
    noise = rng.standard_normal((EDGES, len(share)))
    drawn = np.maximum.accumulate(share + (noise * scale) @ axes.T, axis=1)
    divisions, which = np.unique(_divided(drawn), axis=0, return_inverse=True)
    which = which.ravel()
    found = mads(table, divisions)
    slope = found.with_shares @ axes / np.where(scale > 0, scale, np.inf)
    shift = (noise * slope[which]).sum(axis=1)
    left = np.maximum(found.std_error**2 - (slope**2).sum(axis=1), 0.0)
    # Few clusters need the wide tails of t; a mixture of normals widened to them is quicker.
    wide = t_quantile(level, table.df) / float(special.ndtri((1 + level) / 2))
    error = wide * np.sqrt(left)[which]
    settled = np.bincount(which).max() >= SETTLED * EDGES
    tail = (1 - level) / 2 * (1.0 if settled else DOUBTFUL)
    low = _quantile(found.reduced[which] + shift, error, tail)
    high = _quantile(found.value[which] + shift, error, 1 - tail)
    return low, high


def _divided(shares: Floats) -> Whole:
    """Return the bins [draws, values] of ten quantile bins of these shares [draws, values]."""
    inner = (shares[:, None, :] < (np.arange(1, BINS) / BINS)[:, None]).sum(axis=2)
    last = np.full((len(shares), 1), shares.shape[1] - 1)
    edges = np.concatenate([0 * last, np.minimum(inner, last), last], axis=1)
    return _renumbered(assigned(edges, edges, shares.shape[1]))


def mads(table: Table, bins: Whole) -> Mads:
    """Return the MAD under each of the divisions `bins` [divisions, values]."""
    member = (_renumbered(bins)[:, :, None] == np.arange(BINS)).astype(float)
    number = table.numbers @ member
    used = number > 0
    size = np.where(used, number, 1.0)
    gap = np.where(used, (table.gaps @ member) / size, 0.0)
    covariance = _covariance(table, member, gap, size)
    error = np.sqrt(np.maximum(np.einsum("dkk->dk", covariance), 0.0))
    count = used.sum(axis=1)
    sign = np.sign(gap) / count[:, None]
    variance = np.einsum("dk,dkl,dl->d", sign, covariance, sign)
    z = np.abs(gap) / np.where(error > 0, error, 1.0)
    return Mads(
        np.abs(gap).sum(axis=1) / count,
        np.where(error > 0, reduced(z) * error, np.abs(gap)).sum(axis=1) / count,
        np.sqrt(np.maximum(variance, 0.0)),
        np.where(used & (error > 0), z, np.inf).min(axis=1),
        np.einsum("dk,dkv->dv", sign, _with_shares(table, member, gap, size)),
    )


def reduced(z: Floats) -> Floats:
    """Return |gap| in standard errors less an amount that makes its mean at most the true one.

    |Z + mu| of a standard normal Z exceeds mu in the mean by 2 (phi(mu) - mu Phi(-mu)) (folded
    normal: Leone, Nelson and Nottingham 1961, Technometrics 3). Taking off a exp(-z^2 / 2 w^2)
    lowers the mean by a w / sqrt(1 + w^2) exp(-mu^2 / 2 (1 + w^2)); with a from the excess at
    mu = 0 that is never less. From z = 3 on it is next to nothing.
    """
    amount = np.sqrt(2 / np.pi * (1 + WIDTH**2)) / WIDTH
    return np.asarray(z - amount * np.exp(-(z**2) / (2 * WIDTH**2)), float)


def _covariance(table: Table, member: Floats, gap: Floats, size: Floats) -> Floats:
    """Return the covariance [divisions, bins, bins] of the bins' gaps.

    Each is a ratio of sums over the same clusters, linearised (Cochran 1977, section 9A).
    """
    between = np.einsum("dvk,abvw,dwl->abdkl", member, table.moments, member, optimize=True)
    row, column = gap[:, :, None], gap[:, None, :]
    products = between[0, 0] - column * between[0, 1] - row * between[1, 0]
    products = products + row * column * between[1, 1]
    return np.asarray(table.factor * products / (size[:, :, None] * size[:, None, :]), float)


def _with_shares(table: Table, member: Floats, gap: Floats, size: Floats) -> Floats:
    """Return the covariance [divisions, bins, values] of gaps with shares up to each value."""
    total = table.numbers.sum()
    share = table.numbers.cumsum() / total
    up_to = table.moments[:, 1].cumsum(axis=2)
    moved = np.einsum("avw,dvk->dakw", up_to - up_to[:, :, -1:] * share, member)
    products = moved[:, 0] - gap[:, :, None] * moved[:, 1]
    return np.asarray(table.factor * products / (size[:, :, None] * total), float)


def _renumbered(bins: Whole) -> Whole:
    """Return bins [divisions, values] numbered from 0 without gaps."""
    steps = np.diff(bins, axis=1, prepend=bins[:, :1]) > 0
    return np.asarray(np.cumsum(steps, axis=1), np.int64)


def _plain(table: Table) -> Floats:
    bins = _renumbered(quantile_bins(np.rint(table.numbers).astype(np.int64))[None])[0]
    number, gap = np.bincount(bins, table.numbers), np.bincount(bins, table.gaps)
    return np.asarray(np.abs(gap / number).mean())


def _quantile(centre: Floats, error: Floats, p: float) -> float:
    """Return the p quantile of an even mixture of normal distributions, centred and scaled so."""
    scale = np.maximum(error, 1e-12)
    low, high = float((centre - REACH * scale).min()), float((centre + REACH * scale).max())
    for _ in range(STEPS):
        middle = (low + high) / 2
        if float(special.ndtr((middle - centre) / scale).mean()) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2
