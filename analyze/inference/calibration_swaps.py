"""What statistics of calibration come to when object answers and predictions are exchanged.

Under perfect calibration the object answers and the predictions of a prompt are drawn alike, so
that any way of dealing them to the two sides was as likely as the one observed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from analyze.inference.calibration_counts import Counts, Whole
from analyze.inference.calibration_deals import dealt
from analyze.inference.calibration_points import RANKS, Lattice, mean_absolute_deviation
from analyze.inference.clusters import Floats

# Prompts times deals held at once.
BLOCK = 250_000


class Statistics(NamedTuple):
    """Statistics of each deal: all [deals] but `by_rank` [ranks, deals].

    `mad` and `by_rank` are mean absolute deviations, `distance` the mean over prompts of the
    unbiased squared distance, `unseen` the mean share of predictions of what the first side
    does not hold; `ranked` [ranks, deals] counts the points of each rank.
    """

    mad: Floats
    by_rank: Floats
    ranked: Whole
    distance: Floats
    unseen: Floats


class _Sums:
    """Sums over prompts: points by rank and value, and the two statistics without bins."""

    def __init__(self, lattice: Lattice, deals: int) -> None:
        self.lattice, self.deals = lattice, deals
        self.numbers = np.zeros((RANKS, deals, len(lattice.values)), np.int64)
        self.predicted = np.zeros(self.numbers.shape)
        self.distance, self.unseen = np.zeros(deals), np.zeros(deals)

    def add(self, columns: Iterator[Whole], pool: Whole, k: Whole, m: Whole) -> None:
        """Add prompts, given column by column what their first side holds [prompts, deals]."""
        shape = (len(pool), self.deals)
        # The number of answers first, then the lower column: one whole number that orders both.
        width = pool.shape[1]
        best = np.zeros((RANKS, *shape), np.int64)
        pairs = np.zeros((3, *shape), np.int64)
        unseen = np.zeros(shape, np.int64)
        for column, shown in enumerate(columns):
            said = pool[:, column, None] - shown
            pairs += (shown * (shown - 1), said * (said - 1), shown * said)
            unseen += said * (shown == 0)
            carried = shown * width + (width - 1 - column)
            for rank in range(RANKS):
                best[rank], carried = (
                    np.maximum(best[rank], carried),
                    np.minimum(best[rank], carried),
                )
        self.unseen += (unseen / m[:, None]).sum(axis=0)
        weights = 1 / np.stack([k * (k - 1), m * (m - 1), -k * m / 2])
        self.distance += np.einsum("apd,ap->d", pairs, weights)
        for rank in range(RANKS):
            self._add_points(rank, best[rank] // width, width - 1 - best[rank] % width, pool, k, m)

    def _add_points(
        self, rank: int, shown: Whole, column: Whole, pool: Whole, k: Whole, m: Whole
    ) -> None:
        prompt, deal = np.nonzero(shown > 0)
        count = shown[prompt, deal]
        values = len(self.lattice.values)
        at = deal * values + self.lattice.index[k[prompt], count]
        y = (pool[prompt, column[prompt, deal]] - count) / m[prompt]
        size = self.deals * values
        self.numbers[rank] += np.bincount(at, minlength=size).reshape(self.deals, values)
        self.predicted[rank] += np.bincount(at, y, size).reshape(self.deals, values)

    def statistics(self, prompts: int) -> Statistics:
        """Return the statistics of what was added."""
        x = self.numbers * self.lattice.values
        return Statistics(
            mean_absolute_deviation(self.numbers.sum(0), x.sum(0), self.predicted.sum(0)),
            mean_absolute_deviation(self.numbers, x, self.predicted),
            self.numbers.sum(axis=2),
            self.distance / prompts,
            self.unseen / prompts,
        )


def observed(counts: Counts) -> Statistics:
    """Return the statistics of the answers as they are, as one deal."""
    k, m = counts.objects.sum(axis=1), counts.predicted.sum(axis=1)
    sums = _Sums(Lattice.of(k), 1)
    columns = iter(counts.objects.T[:, :, None])
    sums.add(columns, counts.objects + counts.predicted, k, m)
    return sums.statistics(counts.n)


def swapped(counts: Counts, seed: int, deals: int) -> Statistics:
    """Return the statistics of random deals of each prompt's k + m answers to the two sides.

    Exchanging the two sides as wholes would have no power: where all answers show one behaviour
    and all predictions another, the gap stays the same.
    """
    rng = np.random.default_rng(seed)
    pool, k = counts.objects + counts.predicted, counts.objects.sum(axis=1)
    m = counts.predicted.sum(axis=1)
    sums = _Sums(Lattice.of(k), deals)
    # Prompts with as many behaviours side by side: no block has more columns than it needs.
    behaviours = (pool > 0).sum(axis=1)
    order = np.argsort(behaviours, kind="stable")
    step = max(1, BLOCK // deals)
    for start in range(0, counts.n, step):
        block = order[start : start + step]
        used = pool[block][:, : _last(pool[block])]
        sums.add(dealt(rng, used, k[block], deals), used, k[block], m[block])
    return sums.statistics(counts.n)


def excess_limits(value: float, null: Floats, level: float = 0.95) -> tuple[float, float]:
    """Return the limits of a statistic's excess over the mean of its null [deals].

    The null's 2.5 and 97.5% points round the observed excess, turned over: 0 is inside just where
    the value itself lies between those points. The points are order statistics, so that under
    the null 0 is inside in 95% of all cases whatever the number of deals (Phipson and Smyth 2010,
    section 3), if no two deals come to the same.
    """
    ordered = np.sort(null)
    outside = max(1, int((len(null) + 1) * (1 - level) / 2))
    return float(value - ordered[-outside]), float(value - ordered[outside - 1])


def _last(pool: Whole) -> int:
    """Return how many leading columns hold every answer."""
    return int(np.flatnonzero(pool.any(axis=0)).max()) + 1
