"""Deviations from calibration: the cross-fitted MAD, the plain one, and the excess over its null.

The truth is the same functional with as many samples a prompt and a million prompts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from analyze.inference.calibration_counts import Counts
from analyze.inference.calibration_crossfit import limits, mads
from analyze.inference.calibration_points import (
    BINS,
    Lattice,
    mean_absolute_deviation,
    points,
    quantile_bins,
)
from analyze.inference.calibration_swaps import excess_limits, observed, swapped
from analyze.inference.calibration_tables import Table, cross_fitted
from analyze.inference.clusters import Floats
from analyze.simulation import Responders, sampled_counts
from tests.coverage.cells import generator
from tests.coverage.rules import least, most

PROMPTS = (250, 1_000, 5_000)
# A data set of 5,000 prompts takes twenty times as long as one of 250.
REPLICATES = {250: 10_000, 1_000: 10_000, 5_000: 2_000}
MILLION = 1_000_000
PART = 50_000
LEAST, MOST = 0.935, 0.97
CLEAR = 3.0
# An edge nearer to a value than this, in standard errors of the points' share: bins in doubt.
DOUBT = 2.0
KNOWS = (1.0, 1.0)
MODELS = {
    "calibrated, 4 values": (Responders(shared=KNOWS), 1),
    "calibrated, 2 values": (Responders(shared=KNOWS, values=2, spread=0.5), 1),
    "calibrated, 12 values": (Responders(shared=KNOWS, values=12, spread=0.3), 1),
    "calibrated, 4 prompts a string": (Responders(shared=KNOWS, icc=0.5), 4),
    "a twentieth spread evenly": (Responders(shared=KNOWS, miscalibration=0.05), 1),
    "half spread evenly": (Responders(shared=KNOWS, miscalibration=0.5), 1),
    "a fifth not compliant": (Responders(shared=KNOWS, compliance=0.8), 1),
    "half not compliant, 12 values": (
        Responders(shared=KNOWS, values=12, spread=0.3, compliance=0.5), 1
    ),
    "knows half of the prompts": (Responders(privileged=(0.5, 0.5)), 1),
    "half not compliant, 4 prompts a string": (
        Responders(shared=KNOWS, compliance=0.5, icc=0.5), 4
    ),
}  # fmt: skip
SEEDS = 200
DEALS = 199
INSIDE = 180
BOOTSTRAPPED = 250
RESAMPLES = 200
BOOTSTRAPS = 500


class Truth(NamedTuple):
    """A functional in a million prompts, its smallest gap, and its nearest edge.

    `gap` is the smallest gap of a bin in standard errors, `edge` the least distance between a
    tenth and the share of points up to a value in theirs, both of one prompt: a data set of n
    prompts has sqrt(n) times as many.
    """

    value: float
    gap: float
    edge: float


@dataclass(frozen=True)
class Found:
    """How often the interval of one cell held the truth."""

    models: str
    prompts: int
    replicates: int
    truth: Truth
    coverage: float

    @property
    def clear(self) -> bool:
        """Whether every bin's gap exceeds three standard errors."""
        return self.truth.gap * self.prompts**0.5 > CLEAR

    @property
    def doubtful(self) -> bool:
        """Whether chance can move a value from one bin into the next."""
        return self.truth.edge * self.prompts**0.5 < DOUBT


def draw(rng: Generator, models: str, prompts: int) -> Counts:
    """Return one data set."""
    who, items = MODELS[models]
    return sampled_counts(rng, who, prompts // items, items)


@cache
def truth(models: str) -> Truth:
    """Return the cross-fitted functional in a million prompts."""
    rng = generator({"truth of": models})
    tables = [cross_fitted(draw(rng, models, PART), rng) for _ in range(MILLION // PART)]
    table = Table(
        numbers=np.sum([t.numbers for t in tables], axis=0),
        gaps=np.sum([t.gaps for t in tables], axis=0),
        moments=np.sum([t.moments for t in tables], axis=0),
        n_clusters=sum(t.n_clusters for t in tables),
        df=float("inf"),
    )
    found = mads(table, quantile_bins(table.numbers.astype(np.int64))[None])
    share, covariance = table.cumulated()
    error = np.sqrt(np.diag(covariance))[:-1]
    far = np.abs(share[:-1, None] - np.arange(1, BINS) / BINS).min(axis=1) / error
    scale = MILLION**-0.5
    return Truth(float(found.value[0]), float(found.least[0]) * scale, float(far.min()) * scale)


def cover(models: str, prompts: int, replicates: int) -> Found:
    """Return how often the cross-fitted MAD's interval holds the truth; 0 where calibrated."""
    exact = truth(models)
    exact = exact._replace(value=0.0) if models.startswith("calibrated") else exact
    rng = generator({"models": models, "prompts": prompts})
    held = 0
    for _ in range(replicates):
        _, low, high, _ = limits(cross_fitted(draw(rng, models, prompts), rng), rng)
        held += low <= exact.value <= high
    return Found(models, prompts, replicates, exact, held / replicates)


def failures(found: list[Found]) -> Iterator[str]:
    """Yield a sentence for each cell that breaks the rule.

    The upper limit speaks of cells in which every gap exceeds three standard errors.
    """
    for cell in found:
        where = f"Cross-fitted MAD, {cell.models}, {cell.prompts:,} prompts"
        if cell.coverage < least(LEAST, cell.replicates):
            yield f"{where}: covers {cell.coverage:.4f}"
        if cell.clear and cell.coverage > most(MOST, cell.replicates):
            yield f"{where}: covers {cell.coverage:.4f}, more than {MOST}"


def excess_inside(models: str, prompts: int, seeds: int = SEEDS) -> int:
    """Return in how many seeds the interval of the excess holds 0."""
    inside = 0
    for seed in range(seeds):
        counts = draw(np.random.default_rng(seed), models, prompts)
        low, high = excess_limits(float(observed(counts).mad[0]), swapped(counts, seed, DEALS).mad)
        inside += low <= 0 <= high
    return inside


def bootstrap_coverage(models: str, prompts: int, replicates: int) -> tuple[float, float]:
    """Return how often a percentile bootstrap of the plain MAD holds that MAD's own functional,
    and how often it holds the cross-fitted one, which is 0 under perfect calibration.
    """
    rng = generator({"bootstrap": models, "prompts": prompts})
    plain = plain_truth(models)
    held = np.zeros(2)
    for _ in range(replicates):
        counts = draw(rng, models, prompts)
        tables = _by_prompt(counts)
        n = counts.n
        times = rng.multinomial(n, np.full(n, 1 / n), RESAMPLES).astype(float)
        numbers, x, y = (times @ table for table in tables)
        drawn = mean_absolute_deviation(np.rint(numbers).astype(np.int64), x, y)
        low, high = np.quantile(drawn, (0.025, 0.975))
        held += [low <= plain <= high, low <= 0 <= high]
    return float(held[0] / replicates), float(held[1] / replicates)


@cache
def plain_truth(models: str) -> float:
    """Return the plain MAD in a million prompts."""
    rng = generator({"plain truth of": models})
    numbers, x, y = (
        np.sum(parts, axis=0)
        for parts in zip(
            *([t.sum(axis=0) for t in _by_prompt(draw(rng, models, PART))]
              for _ in range(MILLION // PART)),
            strict=True,
        )
    )  # fmt: skip
    return float(mean_absolute_deviation(np.rint(numbers).astype(np.int64), x, y))


def _by_prompt(counts: Counts) -> tuple[Floats, Floats, Floats]:
    """Return numbers of points, and sums of x and y, of each prompt and value of x."""
    lattice = Lattice.of(counts.objects.sum(axis=1))
    plotted, values = points(counts), len(lattice.values)
    at = plotted.prompt * values + np.searchsorted(lattice.values, plotted.x)
    return tuple(
        np.bincount(at, weights, counts.n * values).reshape(counts.n, values)
        for weights in (np.ones(len(at)), plotted.x, plotted.y)
    )
