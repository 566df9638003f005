"""Sums over clusters and the variance that follows from them."""

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
    return np.asarray(sums - counts * (sums.sum() / counts.sum()), float)


def carrying(residuals: Floats) -> float:
    """Return how many equal clusters would carry a variance as evenly as these do; 0 if none.

    (sum r^2)^2 / sum r^4, the form of Satterthwaite (1946), Biometrics Bulletin 2, for the
    degrees of freedom of a sum of squares.
    """
    squares = residuals**2
    fourth = float(squares @ squares)
    return float(squares.sum()) ** 2 / fourth if fourth > 0 else 0.0


def ratio_variance(sums: Floats, counts: Floats) -> float:
    """Return the clustered variance of `sum(sums) / sum(counts)`, for at least two clusters.

    Linearised ratio estimator with C / (C - 1): Cochran, *Sampling Techniques* (1977), 3rd
    edition, section 9A; the CR1 form of Liang and Zeger (1986) for a mean.
    """
    n, size = float(counts.sum()), len(sums)
    residuals = ratio_residuals(sums, counts)
    variance = size / (size - 1) * float(residuals @ residuals) / n**2
    # Rounding alone must not look like variation between clusters.
    return variance if variance > 1e-18 * max(1.0, float(np.abs(sums).max()) ** 2) else 0.0
