"""How many pairs of rows of both classes are in the right order, and which clusters take part."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analyze.inference.clusters import Floats

Whole = NDArray[np.intp]
Marks = NDArray[np.bool_]
# Values compared at once.
BLOCK = 4_000_000


class Placements(NamedTuple):
    """Pairs (a row of label 1, one of label 0, same fold), and those in the right order.

    `pairs` and `right` [sites] are totals, `pairs_of` [clusters] and `right_of` [sites,
    clusters] those in which a cluster takes part; ties count one half as right.
    """

    pairs: float
    pairs_of: Floats
    right: Floats
    right_of: Floats


def placements(values: Floats, positive: Marks, clusters: Whole, folds: Whole) -> Placements:
    """Count pairs of `values` [sites, rows]; clusters are numbered from 0, none left out.

    A row's placement is the share of the other class that it beats or is beaten by (DeLong,
    DeLong and Clarke-Pearson 1988, Biometrics 44, section 2); here the number, from its rank
    among all and its rank in its class. A cluster's sum counts pairs inside it twice.
    """
    size = int(clusters.max()) + 1
    pairs_of, right_of = np.zeros((1, size)), np.zeros((len(values), size))
    pairs, right = 0.0, np.zeros(len(values))
    for fold in np.unique(folds):
        here = folds == fold
        ones, zeros = np.flatnonzero(here & positive), np.flatnonzero(here & ~positive)
        rank = np.empty(values.shape)
        rank[:, here] = stats.rankdata(values[:, here], axis=1)
        beats = rank[:, ones] - stats.rankdata(values[:, ones], axis=1)
        beaten_by = len(ones) - rank[:, zeros] + stats.rankdata(values[:, zeros], axis=1)
        pairs += len(ones) * len(zeros)
        right += beats.sum(axis=1)
        for rows, number, others in ((ones, beats, zeros), (zeros, beaten_by, ones)):
            right_of += _sums(number, clusters[rows], size)
            pairs_of += _sums(np.full((1, len(rows)), float(len(others))), clusters[rows], size)
    inside = _pairs_inside(positive, clusters)
    step = max(1, BLOCK // len(values))
    for start in range(0, inside.shape[1], step):
        one, zero = inside[:, start : start + step]
        above = values[:, one] - values[:, zero]
        right_of -= _sums((above > 0) + 0.5 * (above == 0), clusters[one], size)
        pairs_of -= _sums(np.ones((1, len(one))), clusters[one], size)
    return Placements(pairs, pairs_of[0], right, right_of)


def _sums(numbers: Floats, index: Whole, size: int) -> Floats:
    """Return [sites, size] sums of [sites, rows] numbers over the rows with the same index."""
    found = np.zeros((len(numbers), size))
    if len(index):
        order = np.argsort(index, kind="stable")
        present, starts = np.unique(index[order], return_index=True)
        found[:, present] = np.add.reduceat(numbers[:, order], starts, axis=1)
    return found


def _pairs_inside(positive: Marks, clusters: Whole) -> Whole:
    """Return [2, pairs] rows: one of label 1 and one of label 0 in the same cluster."""
    order = np.argsort(clusters, kind="stable")
    _, starts = np.unique(clusters[order], return_index=True)
    found = []
    for rows in np.split(order, starts[1:]):
        ones, zeros = rows[positive[rows]], rows[~positive[rows]]
        found.append(np.stack([np.repeat(ones, len(zeros)), np.tile(zeros, len(ones))]))
    return np.concatenate(found, axis=1)
