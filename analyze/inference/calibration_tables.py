"""Cross-fitted points of a calibration plot, added up by cluster and value, with their moments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from analyze.inference.calibration_counts import Counts
from analyze.inference.calibration_deals import halves
from analyze.inference.calibration_points import Lattice, top
from analyze.inference.clusters import Floats, degrees_of_freedom


@dataclass(frozen=True)
class Table:
    """Points by value of the half that ranked them, and how they vary between clusters.

    `numbers` and `gaps` [values] are the points and the sums of x - y; `moments` [2, 2, values,
    values] the sums over clusters of products of the clusters' own gaps (0) and numbers (1).
    """

    numbers: Floats
    gaps: Floats
    moments: Floats
    n_clusters: int
    df: float

    def cumulated(self) -> tuple[Floats, Floats]:
        """Return the shares of points up to each value, and their covariance [values, values].

        Linearised and clustered as a ratio (Cochran 1977, section 9A).
        """
        total = self.numbers.sum()
        share = self.numbers.cumsum() / total
        numbers = self.moments[1, 1].cumsum(0).cumsum(1)
        with_all = numbers[:, -1]
        crossed = np.outer(share, with_all)
        products = numbers - crossed - crossed.T + np.outer(share, share) * numbers[-1, -1]
        return share, products * self.factor / total**2

    @property
    def factor(self) -> float:
        """C / (C - 1)."""
        return self.n_clusters / (self.n_clusters - 1)


def cross_fitted(counts: Counts, rng: Generator) -> Table:
    """Return the points whose x no noise of their own rank or bin can have entered.

    Each prompt's object answers are dealt into two halves. The behaviours are ranked by their
    shares in one half, which also decide the bin; x is the share in the other half. Then the
    halves change places, and the points of both count together.
    """
    parts = halves(rng, counts.objects)
    sizes = [part.sum(axis=1) for part in parts]
    lattice = Lattice.of(np.concatenate(sizes))
    _, index = np.unique(counts.clusters, return_inverse=True)
    clusters, values = int(index.max()) + 1, len(lattice.values)
    m = counts.predicted.sum(axis=1)
    numbers, gaps = np.zeros(clusters * values), np.zeros(clusters * values)
    for ranked, other in ((0, 1), (1, 0)):
        best = top(parts[ranked])
        prompt, place = np.nonzero(best.times > 0)
        column = best.column[prompt, place]
        value = lattice.index[sizes[ranked][prompt], best.times[prompt, place]]
        x = parts[other][prompt, column] / sizes[other][prompt]
        y = counts.predicted[prompt, column] / m[prompt]
        at = index[prompt] * values + value
        numbers += np.bincount(at, minlength=len(numbers))
        gaps += np.bincount(at, x - y, len(gaps))
    both = np.stack([gaps, numbers]).reshape(2, clusters, values)
    both = both[:, :, both[1].any(axis=0)]
    moments = np.einsum("acv,bcw->abvw", both, both, optimize=True)
    total = both.sum(axis=1)
    return Table(total[1], total[0], moments, clusters, degrees_of_freedom(both[1].sum(axis=1)))
