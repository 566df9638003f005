"""Sign-flip tests: is the sum over clusters further from 0 than random signs put it?

Under the null each cluster's sum is as likely to come out with the other sign. All 2^C sign
vectors count, the identity among them. Where the sums lie on a lattice, as sums of right and
wrong answers do, their distribution is computed without listing them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analyze.inference.clusters import Floats
from analyze.inference.estimate import Test

DRAWS = 9_999
LISTED = 14
LARGEST_LATTICE = 200_000
MOST_PARTS = 60
# What is left of a probability after one Fourier transform in double precision.
RESOLUTION = 1e-12
SLACK = 1e-9


def sign_flip(sums: ArrayLike, seed: int) -> Test:
    """Return the two-sided p-value of the sum over clusters under random signs.

    Exact (b / m over all m = 2^C sign vectors) where the sums lie on a lattice or at most 14
    clusters differ from 0; else (b + 1) / (m + 1) over 9,999 drawn ones (Phipson and Smyth
    2010, section 3). A cluster of sum 0 has no sign to flip.
    """
    s = np.asarray(sums, float)
    s = s[np.abs(s) > SLACK]
    if len(s) == 0:
        return Test(1.0, "sign-flip over clusters, no cluster differs from 0")
    lattice = _lattice(np.abs(s))
    if lattice is not None:
        return Test(_exact(lattice, s), "sign-flip over clusters, exact")
    if len(s) <= LISTED:
        return Test(_share(_all_signs(len(s)) @ s, s), "sign-flip over clusters, exact")
    beyond = round(_share(_drawn(np.abs(s), seed), s) * DRAWS)
    return Test((beyond + 1) / (DRAWS + 1), f"sign-flip over clusters, {DRAWS:,} draws", seed)


def _share(totals: Floats, sums: Floats) -> float:
    observed = abs(float(sums.sum()))
    return float((np.abs(totals) >= observed - SLACK * max(1.0, observed)).mean())


def _all_signs(size: int) -> Floats:
    bits = np.arange(2**size)[:, None] >> np.arange(size)
    return np.asarray(1.0 - 2.0 * (bits & 1), float)


def _drawn(magnitudes: Floats, seed: int) -> Floats:
    # Signs of k equal magnitudes add up to magnitude * (2 * Binomial(k, 1/2) - k).
    values, counts = np.unique(magnitudes, return_counts=True)
    rng = np.random.default_rng(seed)
    parts = [
        (2.0 * rng.binomial(counts, 0.5, (len(chunk), len(counts))) - counts) @ values
        for chunk in np.array_split(np.arange(DRAWS), 1 + DRAWS * len(values) // 5_000_000)
    ]
    return np.concatenate(parts)


def _lattice(magnitudes: Floats) -> tuple[np.ndarray, float] | None:
    """Return the magnitudes as whole multiples of a common step, and that step, or None."""
    smallest = float(magnitudes.min())
    for parts in range(1, MOST_PARTS + 1):
        scaled = magnitudes * (parts / smallest)
        whole = np.rint(scaled)
        if whole.sum() > LARGEST_LATTICE:
            return None
        if np.abs(scaled - whole).max() < 1e-7:
            return whole.astype(np.int64), smallest / parts
    return None


def _exact(lattice: tuple[np.ndarray, float], sums: Floats) -> float:
    """Return the exact p-value from the characteristic function of the flipped sum.

    A sum of +-a_c has characteristic function prod cos(a_c t); on a lattice one inverse
    discrete Fourier transform gives its distribution (Pagano and Tritchler 1983, JASA 78,
    section 2). p-values below 1e-12 are beyond the transform's precision and given as that.
    """
    whole, step = lattice
    values, counts = np.unique(whole, return_counts=True)
    total = int(whole.sum())
    size = 2 * total + 2
    angles = 2 * np.pi * np.arange(size // 2 + 1) / size
    transform = np.ones(len(angles))
    for value, count in zip(values, counts, strict=True):
        transform *= np.cos(value * angles) ** count
    probabilities = np.fft.irfft(transform, size)
    observed = abs(round(float(sums.sum()) / step))
    if observed == 0:
        return 1.0
    p = 2 * float(probabilities[observed : total + 1].sum())
    return min(1.0, max(p, RESOLUTION, 2.0 ** (1 - len(whole))))
