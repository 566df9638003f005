"""One cell of a grid: how its data are drawn, what is computed from them, what came out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from analyze.inference import Intervals, below_coverage_limit
from analyze.inference.clusters import Floats

About = dict[str, float | str]
Bools = NDArray[np.bool_]
# Data sets drawn at a time: what fits the processor's cache is several times faster.
CHUNK = 500


@dataclass(frozen=True)
class IntervalCell:
    """An interval's cell; `informative` is the number that decides whether the rule applies.

    It is computed from the truth, not from the data: effective answers of the rarer kind, or
    effective pairs that differ.
    """

    about: About
    truth: float
    informative: float
    draw: Callable[[Generator, int], Floats]
    interval: Callable[[Floats], Intervals]


class Covered(NamedTuple):
    """What one cell came to: coverage over all data sets and over those without the mark."""

    cell: IntervalCell
    replicates: int
    coverage: float
    unmarked: int
    coverage_unmarked: float


@dataclass(frozen=True)
class TestCell:
    """A test's cell under its null, or with `power` under an alternative.

    `p_values` gets a generator and the number of replicates; `limit` is the most that may
    reject at .05 (None: shown without a rule), `many` says that a data set has at least 1,000
    attainable p-values.
    """

    # pytest collects classes by this prefix; this one is no test case.
    __test__ = False

    about: About
    p_values: Callable[[Generator, int], Floats]
    limit: float | None
    many: bool = False
    power: float | None = None


class Rejected(NamedTuple):
    """The share of data sets in which a test's p-value was at most .05."""

    cell: TestCell
    replicates: int
    rate: float


def generator(about: About) -> Generator:
    """Return a generator seeded by the cell's name: a cell drawn alone draws the same."""
    digest = hashlib.sha256(repr(sorted(about.items())).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def cover(cell: IntervalCell, replicates: int) -> Covered:
    """Return how often the cell's interval holds the truth."""
    rng = generator(cell.about)
    parts = [
        _holds(cell, cell.interval(cell.draw(rng, min(CHUNK, replicates - start))))
        for start in range(0, replicates, CHUNK)
    ]
    holds, marked = (np.concatenate(part) for part in zip(*parts, strict=True))
    kept = int((~marked).sum())
    unmarked = float(holds[~marked].mean()) if kept else float("nan")
    return Covered(cell, replicates, float(holds.mean()), kept, unmarked)


def _holds(cell: IntervalCell, found: Intervals) -> tuple[Bools, Bools]:
    """Return which intervals hold the truth, and which data sets carry the mark."""
    holds = (found.low <= cell.truth + 1e-12) & (cell.truth <= found.high + 1e-12)
    if found.n_effective is None:
        return holds, np.zeros_like(holds)
    return holds, below_coverage_limit(found.n_effective, found.value)


def reject(cell: TestCell, replicates: int) -> Rejected:
    """Return how often the cell's test rejects at .05."""
    # An exact p-value of .05 must count as one whatever the last bit of its sum is.
    p = cell.p_values(generator(cell.about), replicates)
    return Rejected(cell, replicates, float((p <= 0.05 + 1e-12).mean()))
