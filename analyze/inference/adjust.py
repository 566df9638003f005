"""Adjustment for families of comparisons."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analyze.inference.clusters import Floats


def holm(p_values: ArrayLike) -> Floats:
    """Return Holm's adjusted p-values (Holm 1979, Scand. J. Statist. 6, section 3)."""
    p = np.asarray(p_values, float)
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """Return adjusted p-values that control the false discovery rate.

    Benjamini and Hochberg (1995), JRSS B 57, section 3.1, as step-up adjusted values.
    """
    p = np.asarray(p_values, float)
    order = np.argsort(p, kind="stable")[::-1]
    ranks = np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.minimum.accumulate(p[order] * len(p) / ranks), 1.0)
    return adjusted


def holm_levels(p_values: ArrayLike, alpha: float = 0.05) -> Floats:
    """Return for each test the error rate at which its interval agrees with Holm's decision.

    The i-th smallest of m p-values is judged at alpha / (m - i + 1); from the first that is
    not rejected on, all share that last level, so an interval of level 1 - error excludes the
    null value only where Holm's procedure goes on to reject (Holm 1979, section 3).
    """
    p = np.asarray(p_values, float)
    order = np.argsort(p, kind="stable")
    levels = alpha / np.arange(len(p), 0, -1)
    kept = np.flatnonzero(p[order] > levels)
    if len(kept):
        levels[kept[0] :] = levels[kept[0]]
    result = np.empty_like(p)
    result[order] = levels
    return result
