"""One level for many intervals, so that all of them hold together."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analyze.inference.clusters import Floats
from analyze.inference.quantiles import t_quantile

DRAWS = 4_999
# Products of draws and sites held at once.
BLOCK = 4_000_000


def simultaneous_level(influence: ArrayLike, df: float, seed: int, *, level: float = 0.95) -> float:
    """Return the level of single intervals at which all sites' intervals hold together.

    `influence` [sites, clusters] is what each cluster adds to each site's estimate (squares add
    up to the variance), `df` the degrees of freedom of the intervals. Multiplier bootstrap of
    the largest |t| (Chernozhukov, Chetverikov and Kato 2013, Annals of Statistics 41, section
    3), with one random sign per cluster for all sites, and t studentised anew in every draw
    (Cameron, Gelbach and Miller 2008, Review of Economics and Statistics 90, section 3), so
    that few clusters give the wide tails that they have. Never narrower than a single interval
    nor wider than Bonferroni's. Simulated with AUROCs of 33 correlated sites (300 data sets a
    cell, 10 to 100 clusters of 2 or 6 rows, 1 or 5 folds): all 33 covered in .937 to 1 of them
    at AUROC .5 and .8, in .920 to 1 at .95.
    """
    d = np.asarray(influence, float)
    squares = (d**2).sum(axis=1)
    d, squares = d[squares > 1e-18], squares[squares > 1e-18]
    if len(d) < 2:
        return level
    largest = np.sort(_largest(d, squares, np.random.default_rng(seed)))
    drawn = float(largest[int(np.ceil(level * (DRAWS + 1))) - 1])
    widest = t_quantile(1 - (1 - level) / len(d), df)
    found = min(max(drawn, t_quantile(level, df)), widest)
    return float(1 - 2 * stats.t.sf(found, df))


def _largest(d: Floats, squares: Floats, rng: np.random.Generator) -> Floats:
    """Return the largest |t| over sites in each draw."""
    clusters = d.shape[1]
    found = np.empty(DRAWS)
    step = max(1, BLOCK // max(len(d), clusters))
    for start in range(0, DRAWS, step):
        signs = rng.integers(0, 2, (min(step, DRAWS - start), clusters)) * 2.0 - 1
        total = signs @ d.T
        # The signs leave every square as it is; the mean they do not.
        spread = np.maximum(squares - total**2 / clusters, 1e-12 * squares)
        t = np.abs(total) / np.sqrt(clusters / (clusters - 1) * spread)
        found[start : start + len(t)] = t.max(axis=1)
    return found
