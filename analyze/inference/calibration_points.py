"""The points of a calibration plot and their mean absolute deviation over quantile bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from analyze.inference.calibration_counts import Counts, Whole
from analyze.inference.clusters import Floats

# A prompt's commonest behaviours that become points; a binary property has two at most.
RANKS = 3
BINS = 10


class Points(NamedTuple):
    """One point a prompt and rank: x = P_o(b) and y = P_m(b) of the behaviour b at that rank.

    `rank` counts from 1, `prompt` is the row in the counts.
    """

    x: Floats
    y: Floats
    rank: Whole
    prompt: Whole


class Top(NamedTuple):
    """The commonest behaviours [..., ranks] of counts: column and count (`times`, 0 if none)."""

    column: Whole
    times: Whole


@dataclass(frozen=True)
class Lattice:
    """The values that a count over a size can take: `values` [V], `index` [size, count]."""

    values: Floats
    index: Whole

    @classmethod
    def of(cls, sizes: Whole) -> Lattice:
        """Return all c / k, each once and in order, for the sizes k that occur."""
        top = int(sizes.max())
        c, k = np.arange(top + 1), np.unique(sizes)[:, None]
        fractions = np.where(c <= k, c / k, 0.0)
        values, index = np.unique(fractions, return_inverse=True)
        whole = np.zeros((top + 1, top + 1), np.int64)
        whole[k[:, 0]] = index.reshape(fractions.shape)
        return cls(values, whole)


def top(counts: Whole) -> Top:
    """Return the commonest columns of counts [..., behaviours]; of equals the first."""
    left = np.array(counts)
    columns, numbers = [], []
    for _ in range(min(RANKS, left.shape[-1])):
        best = left.argmax(axis=-1)[..., None]
        columns.append(best)
        numbers.append(np.take_along_axis(left, best, -1))
        np.put_along_axis(left, best, -1, -1)
    times = np.concatenate(numbers, axis=-1)
    return Top(np.concatenate(columns, axis=-1), np.maximum(times, 0))


def points(counts: Counts) -> Points:
    """Return the points of Binder et al. (2024), arXiv 2410.13787, section 3.3.1.

    The behaviours of a prompt are ranked by P_o, the shares among its object answers; ranks 1
    to 3 are points where they occur. P_m is the share among the prompt's predictions, 0 for what
    was never predicted. Of behaviours that are equally common the one of the lower code comes
    first.
    """
    objects, predicted = counts.objects, counts.predicted
    best = top(objects)
    prompt, place = np.nonzero(best.times > 0)
    column = best.column[prompt, place]
    x = best.times[prompt, place] / objects.sum(axis=1)[prompt]
    y = predicted[prompt, column] / predicted.sum(axis=1)[prompt]
    return Points(x, y, (place + 1).astype(np.int64), prompt.astype(np.int64))


def quantile_bins(numbers: Whole) -> Whole:
    """Return the bin of each value, given how many points [..., V] have it, in rising order.

    Ten quantile bins, edges linear between order statistics (type 7 of Hyndman and Fan 1996,
    American Statistician 50), open below and closed above, the first closed at both ends, equal
    edges merged. Bins that differ have different numbers; numbers may be left out.
    """
    total = numbers.sum(axis=-1, keepdims=True)
    cumulated = np.cumsum(numbers, axis=-1)
    steps = np.arange(BINS + 1) * (total - 1)
    # An edge between two neighbouring values bounds the same points as one on the lower value.
    lower = (cumulated[..., None, :] <= (steps // BINS)[..., None]).sum(axis=-1)
    upper = (cumulated[..., None, :] <= (-(-steps // BINS))[..., None]).sum(axis=-1)
    return assigned(lower, upper, numbers.shape[-1])


def assigned(lower: Whole, upper: Whole, size: int) -> Whole:
    """Return the bin [..., size] of each value's index, from the edges' [..., edges] indices.

    An edge lies on the value `lower`, or between it and the value `upper`.
    """
    bins = (lower[..., None] < np.arange(size)).sum(axis=-2)
    at_start = (upper == lower[..., :1]).sum(axis=-1)
    return np.asarray(np.maximum(bins, at_start[..., None]))


def mean_absolute_deviation(numbers: Whole, x: Floats, y: Floats) -> Floats:
    """Return the MAD [...] of points that have been added up by value: all [..., V].

    `numbers` counts the points of each value of x, `x` and `y` are sums over them. The mean over
    non-empty bins, unweighted, of |mean x - mean y| (Binder et al. 2024, section 3.3.1; there in
    points of 100); 0 without points.
    """
    shape = numbers.shape[:-1]
    bins = quantile_bins(numbers).reshape(-1, numbers.shape[-1])
    at = (bins + (BINS + 2) * np.arange(len(bins))[:, None]).ravel()
    size = len(bins) * (BINS + 2)
    count, gap = (
        np.bincount(at, np.asarray(part, float).ravel(), size).reshape(-1, BINS + 2)
        for part in (numbers, x - y)
    )
    used = count > 0
    gaps = np.where(used, np.abs(gap) / np.where(used, count, 1.0), 0.0)
    return np.asarray(gaps.sum(axis=1) / np.maximum(used.sum(axis=1), 1), float).reshape(shape)
