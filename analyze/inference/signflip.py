"""Sign-flip tests: is the sum over clusters further from 0 than random signs put it?

Under the null each cluster's sum is as likely to come out with the other sign. All 2^C sign
vectors count, the identity among them. Where the sums lie on a lattice, as sums of right and
wrong answers do, their distribution is computed without listing them.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.fft import next_fast_len

from analyze.inference.clusters import Floats
from analyze.inference.estimate import Test

DRAWS = 9_999
LISTED = 14
# Beyond these clusters drawing signs is slower than rounding the sums to a lattice, and less
# exact: the test of rounded sums holds its level exactly too.
MOST_DRAWN = 1_000
ROUNDED_PARTS = 30
LARGEST_LATTICE = 200_000
MOST_PARTS = 60
# What is left of a probability after one Fourier transform in double precision.
RESOLUTION = 1e-12
# Values of the transform below this add nothing to a probability of the resolution.
NEGLIGIBLE = 1e-18
SLACK = 1e-9


def sign_flip(sums: ArrayLike, seed: int) -> Test:
    """Return the two-sided p-value of the sum over clusters under random signs.

    Exact (b / m over all m = 2^C sign vectors) where the sums lie on a lattice or at most 14
    clusters differ from 0, and for rounded sums beyond 1,000 clusters; else (b + 1) / (m + 1)
    over 9,999 drawn ones (Phipson and Smyth 2010, section 3). A cluster of sum 0 has no sign
    to flip.
    """
    s = np.asarray(sums, float)
    s = s[np.abs(s) > SLACK]
    if len(s) == 0:
        return Test(1.0, "sign-flip over clusters, no cluster differs from 0")
    lattice = _lattice(np.abs(s))
    if lattice is not None:
        return Test(_exact(lattice, s), "sign-flip over clusters, exact")
    if len(s) > MOST_DRAWN:
        rounded = _exact(_rounded(np.abs(s), seed), s)
        return Test(rounded, "sign-flip over clusters, sums rounded at random, exact", seed)
    if len(s) <= LISTED:
        return Test(_share(_all_signs(len(s)) @ s, s), "sign-flip over clusters, exact")
    beyond = round(_share(drawn_totals(s, seed), s) * DRAWS)
    return Test((beyond + 1) / (DRAWS + 1), f"sign-flip over clusters, {DRAWS:,} draws", seed)


def _share(totals: Floats, sums: Floats) -> float:
    observed = abs(float(sums.sum()))
    return float((np.abs(totals) >= observed - SLACK * max(1.0, observed)).mean())


def _all_signs(size: int) -> Floats:
    bits = np.arange(2**size)[:, None] >> np.arange(size)
    return np.asarray(1.0 - 2.0 * (bits & 1), float)


def drawn_totals(sums: Floats, seed: int) -> Floats:
    """Return 9,999 sums over clusters under random signs; further axes flip together.

    `sums` has shape (clusters, ...), the result (9,999, ...). Eight clusters at a time: their
    256 signed sums are listed once, and a random byte picks one of them for each draw.
    """
    rng = np.random.default_rng(seed)
    totals = np.zeros((DRAWS, *sums.shape[1:]))
    for start in range(0, len(sums), 8):
        block = sums[start : start + 8]
        listed = np.tensordot(_all_signs(len(block)), block, 1)
        totals += listed[rng.integers(0, len(listed), DRAWS, np.uint8)]
    return totals


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


def _rounded(magnitudes: Floats, seed: int) -> tuple[np.ndarray, float]:
    """Return the magnitudes as whole multiples of a step, and that step.

    Up or down at random, so that each is right in the mean: always to the nearest would lose
    thousands of small sums beside a few large ones. With 30 steps to their root mean square,
    what is rounded off has at most a standard deviation of 1 / 60 of that of the sum under
    random signs.
    """
    step = float(np.sqrt((magnitudes**2).mean())) / ROUNDED_PARTS
    up = np.random.default_rng(seed).random(len(magnitudes))
    return np.floor(magnitudes / step + up).astype(np.int64), step


def _exact(lattice: tuple[np.ndarray, float], sums: Floats) -> float:
    """Return the exact p-value from the characteristic function of the flipped sum.

    A sum of +-a_c has characteristic function prod cos(a_c t); on a lattice one inverse
    discrete Fourier transform gives its distribution (Pagano and Tritchler 1983, JASA 78,
    section 2). Beyond 12 standard deviations there is less than 2 exp(-72) (Hoeffding 1963,
    JASA 58, theorem 2). p-values below 1e-12 are beyond the transform's precision and given
    as that.
    """
    whole, _ = lattice
    observed = abs(int((np.sign(sums) * whole).sum()))
    if observed == 0:
        return 1.0
    furthest = min(int(whole.sum()), math.ceil(12 * float(np.linalg.norm(whole))))
    size = next_fast_len(2 * furthest + 2, real=True)
    probabilities = np.fft.irfft(_transform(whole, size), size)
    p = 2 * float(probabilities[observed : furthest + 1].sum())
    return min(1.0, max(p, RESOLUTION, 2.0 ** (1 - len(whole))))


def _transform(whole: np.ndarray, size: int) -> Floats:
    """Return the characteristic function at the frequencies of a transform of this size."""
    values, counts = np.unique(whole, return_counts=True)
    angles = 2 * np.pi * np.arange(size // 2 + 1) / size
    found = np.ones(len(angles))
    at = np.arange(len(angles))
    # The commonest magnitudes first: they leave little that is not 0 for the others.
    for i in np.argsort(-counts):
        found[at] *= np.cos(values[i] * angles[at]) ** counts[i]
        kept = np.abs(found[at]) > NEGLIGIBLE
        found[at[~kept]] = 0.0
        at = at[kept]
    return found
