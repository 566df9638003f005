"""Clustered intervals for proportions."""

from __future__ import annotations

import math

from numpy.typing import ArrayLike

from analyze.inference.clusters import Floats, carrying, ratio_residuals, ratio_variance
from analyze.inference.estimate import Estimate
from analyze.inference.means import NOTHING, ONE_CLUSTER, as_sums
from analyze.inference.quantiles import t_quantile

METHOD = "Wilson on the effective sample size, t quantile, clustered"


def wilson(p: float, n_effective: float, df: float, level: float = 0.95) -> tuple[float, float]:
    """Return the score interval of a proportion with a t quantile in place of the normal one.

    Wilson (1927), JASA 22, eq. on p. 210, with n replaced by the effective sample size as in
    Kott, Andersson and Nerman (2001), and t on `df` degrees of freedom as in Korn and
    Graubard (1998), Survey Methodology 24, section 2.
    """
    t2 = t_quantile(level, df) ** 2 / n_effective
    centre = (p + t2 / 2) / (1 + t2)
    half = math.sqrt(t2 * (p * (1 - p) + t2 / 4)) / (1 + t2)
    # The score interval contains p exactly; rounding must not put it outside.
    return max(0.0, min(p, centre - half)), min(1.0, max(p, centre + half))


# Fewer clusters than these cannot vouch for a variance below that of independent answers.
ENOUGH_CARRYING = 10


def effective_size(p: float, variance: float, n: int, residuals: Floats, answers: int) -> float:
    """Return n / design effect; the number of clusters where the variance is 0.

    Design effect (Kish 1965, section 8.2): clustered variance over p (1 - p) / (n - 1), so
    that clusters of one question give n. Values averaged over option orders can truly vary
    less than independent answers (a model that prefers a place scores one half everywhere),
    but where few clusters carry the variance it is small by luck: then the size is at most
    `answers`. Simulated: 48 cells of such models cover .92 to .99 so, down to .87 without the
    limit, and with it always on lose nearly all power.
    """
    if variance == 0:
        return float(len(residuals))
    size = n / (n - 1) * p * (1 - p) / variance
    return size if carrying(residuals) >= ENOUGH_CARRYING else min(size, float(answers))


def proportion(
    sums: ArrayLike,
    counts: ArrayLike,
    *,
    answers: int | None = None,
    n_missing: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Return a share with its clustered Wilson interval.

    `sums[c]` adds the values (each in [0, 1]) of the `counts[c]` questions of cluster c;
    `answers` is how many answers those values average over, by default one a question.
    """
    s, c = as_sums(sums, counts)
    n = round(float(c.sum()))
    if n == 0:
        return Estimate(None, None, None, None, 0, 0, METHOD, NOTHING, n_missing)
    p = min(1.0, max(0.0, float(s.sum() / n)))
    if len(s) == 1:
        return Estimate(p, None, None, None, n, 1, METHOD, ONE_CLUSTER, n_missing)
    variance = ratio_variance(s, c)
    size = effective_size(p, variance, n, ratio_residuals(s, c), answers or n)
    low, high = wilson(p, size, len(s) - 1, level)
    return Estimate(
        p, low, high, math.sqrt(variance), n, len(s), METHOD,
        n_missing=n_missing, n_effective=size,
    )  # fmt: skip
