"""Sums over clusters and the variance that follows from them.

The last axis runs over clusters; axes before it, over data sets that share the counts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def cluster_sums(values: ArrayLike, clusters: ArrayLike) -> tuple[Floats, Floats]:
    """Return the sum of values and the number of values of every cluster, sorted by cluster."""
    _, index, counts = np.unique(np.asarray(clusters), return_inverse=True, return_counts=True)
    sums = np.bincount(index, np.asarray(values, float))
    return sums.astype(float), counts.astype(float)


def ratio_residuals(sums: Floats, counts: Floats) -> Floats:
    """Return what each cluster's sum deviates from its share of the overall mean."""
    overall = sums.sum(axis=-1, keepdims=True) / counts.sum()
    return np.asarray(sums - counts * overall, float)


def carrying(residuals: Floats) -> Floats:
    """Return how many equal clusters would carry a variance as evenly as these do; 0 if none.

    (sum r^2)^2 / sum r^4, the form of Satterthwaite (1946), Biometrics Bulletin 2, for the
    degrees of freedom of a sum of squares.
    """
    squares = residuals**2
    fourth = (squares**2).sum(axis=-1)
    return np.asarray(squares.sum(axis=-1) ** 2 / np.where(fourth > 0, fourth, np.inf), float)


def ratio_variance(sums: Floats, counts: Floats) -> Floats:
    """Return the clustered variance of `sum(sums) / sum(counts)`, for at least two clusters.

    Delete-one-cluster jackknife round the estimate itself: Efron and Stein (1981), Annals of
    Statistics 9; the CV3 form of MacKinnon, Nielsen and Webb (2023), Journal of Applied
    Econometrics 38, for a mean. With clusters of one size it is the linearised ratio variance
    with C / (C - 1) (Cochran 1977, section 9A).
    """
    size, n = len(counts), counts.sum()
    changes = ratio_residuals(sums, counts) / (n - counts)
    variance = (size - 1) / size * (changes**2).sum(axis=-1)
    # Rounding alone must not look like variation between clusters.
    floor = 1e-18 * np.maximum(1.0, np.abs(sums).max(axis=-1) ** 2)
    return np.where(variance > floor, variance, 0.0)


def degrees_of_freedom(weights: Floats, means: int = 1) -> float:
    """Return the effective number of clusters less the means estimated from them, at least 1.

    (sum w)^2 / sum w^2 with the clusters' weights w (Kish 1965, section 11.7): the number of
    clusters where they weigh the same.
    """
    return max(1.0, float(weights.sum() ** 2 / (weights**2).sum()) - means)
