"""Data sets with a known truth, as sums over clusters: arrays of shape (replicates, clusters)."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from analyze.inference.clusters import Floats

Counts = np.ndarray


def equal(clusters: int, rows: int) -> Counts:
    """Return the counts of clusters that all hold the same number of questions."""
    return np.full(clusters, rows)


def unequal(clusters: int) -> Counts:
    """Return counts of 1, 2, 4 and 13 questions in turn: 5 on average."""
    return np.resize([1, 2, 4, 13], clusters)


def sizes(clusters: int, rows: int | str) -> Counts:
    """Return equal counts for a number of rows, unequal ones for a text."""
    return unequal(clusters) if isinstance(rows, str) else equal(clusters, rows)


def design_effect(counts: Counts, icc: float) -> float:
    """Return 1 + (sum n^2 / sum n - 1) icc (Kish 1965, section 5.4, for unequal sizes)."""
    return float(1 + ((counts**2).sum() / counts.sum() - 1) * icc)


def effective(counts: Counts, icc: float) -> float:
    """Return how many independent answers would be as informative as these."""
    return float(counts.sum()) / design_effect(counts, icc)


def right_answers(rng: Generator, replicates: int, counts: Counts, icc: float, p: float) -> Floats:
    """Return right answers per cluster, beta-binomial with mean p and this ICC exactly."""
    return binomial(rng, counts, own_shares(rng, (replicates, len(counts)), icc, p))


def own_shares(rng: Generator, shape: tuple[int, ...], icc: float, p: float) -> Floats:
    """Return each cluster's own share, Beta(p k, (1 - p) k) with k = (1 - icc) / icc.

    Skellam (1948), JRSS B 10, 257-261; two answers of one cluster then correlate by
    1 / (k + 1) = icc: Ridout, Demetrio and Firth (1999), Biometrics 55, 137-148.
    """
    if icc == 0 or p in (0, 1):
        return np.full(shape, float(p))
    k = (1 - icc) / icc
    return rng.beta(p * k, (1 - p) * k, shape)


def binomial(rng: Generator, counts: ArrayLike, shares: Floats) -> Floats:
    """Return right answers of clusters with these shares."""
    return rng.binomial(np.broadcast_to(np.asarray(counts), shares.shape), shares).astype(float)


def order_averages(
    rng: Generator, replicates: int, counts: Counts, icc: float, informed: float, p: float
) -> Floats:
    """Return sums of values 0, 1/2 and 1, as questions averaged over two orders have.

    A share `informed` of the questions is answered alike in both orders, right with
    probability p and ICC as in `right_answers`; the others by the option's place, which is
    worth one half.
    """
    shares = own_shares(rng, (replicates, len(counts)), icc, p)
    known = rng.binomial(np.broadcast_to(counts, shares.shape), informed)
    return np.asarray(rng.binomial(known, shares) + (counts - known) / 2, float)


def discordant(
    rng: Generator, replicates: int, counts: Counts, icc: float, first: float, other: float
) -> Floats:
    """Return sums of paired differences of right-or-wrong answers.

    Of the questions a share `first` is right for the first side alone and `other` for the
    other side alone: Dirichlet-multinomial with this ICC (Mosimann 1962, Biometrika 49,
    65-82), drawn in two beta-binomial steps.
    """
    shape = (replicates, len(counts))
    differ = first + other
    pairs = binomial(rng, counts, own_shares(rng, shape, icc, differ))
    if icc == 0 or other == 0:
        side = np.full(shape, first / differ)
    else:
        k = (1 - icc) / icc
        side = rng.beta(first * k, other * k, shape)
    return np.asarray(2 * rng.binomial(pairs.astype(int), side) - pairs)


def graded(rng: Generator, replicates: int, counts: Counts, icc: float, shape: str) -> Floats:
    """Return sums of graded values with mean 0, variance 1 and this ICC.

    Cluster part and question part are both normal, or both exponential less its mean
    (skewness 2).
    """
    size = (replicates, len(counts))
    if shape == "normal":
        own, noise = rng.standard_normal(size), rng.standard_normal(size) * np.sqrt(counts)
    else:
        own = rng.standard_exponential(size) - 1
        noise = rng.standard_gamma(np.broadcast_to(counts, size)) - counts
    return np.asarray(np.sqrt(icc) * counts * own + np.sqrt(1 - icc) * noise)
