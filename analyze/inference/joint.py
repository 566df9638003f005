"""One test of several means against their null values."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analyze.inference.estimate import Test
from analyze.inference.signflip import DRAWS, drawn_totals


def joint_sign_flip(sums: ArrayLike, seed: int) -> Test:
    """Return the p-value of "every concept's mean is at its null value".

    `sums` has shape (clusters, concepts): sums of value minus null value, 0 where a cluster
    has no question of a concept. Statistic: sum over concepts of (sum of sums)^2 / sum of
    squared sums, the squared score statistic, whose denominator no flip changes; deviations
    up in one concept and down in another do not cancel. Null: one sign per cluster, flipped
    in all its concepts, 9,999 draws and (b + 1) / (m + 1) (Phipson and Smyth 2010, section 3).
    """
    s = np.asarray(sums, float)
    squares = (s**2).sum(axis=0)
    s, squares = s[:, squares > 0], squares[squares > 0]
    observed = float((s.sum(axis=0) ** 2 / squares).sum())
    flipped = (drawn_totals(s, seed) ** 2 / squares).sum(axis=1)
    beyond = int((flipped >= observed * (1 - 1e-12)).sum())
    return Test((beyond + 1) / (DRAWS + 1), f"joint sign-flip over clusters, {DRAWS:,} draws", seed)
