"""The rules that coverage and error rates must keep, fixed before anything was simulated.

A cell belongs to the coverage rule by its truth, a data set is marked by what is observed
(`analyze.inference.below_coverage_limit`); the limit is the same 5 in both. Every threshold
allows two Monte Carlo standard errors, rounded to the strict side at three decimals.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from analyze.inference.estimate import COVERAGE_LIMIT
from tests.coverage.cells import Covered, IntervalCell, Rejected

REPLICATES = 10_000
LEAST_COVERAGE = 0.92
MEAN_COVERAGE = (0.94, 0.97)
EXACT = 0.055
ASYMPTOTIC = 0.07
LEAST_REJECTED = 0.04
POWER = 0.80
POWER_BAND = 0.03


def belongs(cell: IntervalCell) -> bool:
    """Return whether the coverage rule speaks of this cell."""
    return cell.informative >= COVERAGE_LIMIT - 1e-9


def least(limit: float, replicates: int) -> float:
    """Return the smallest simulated share that still agrees with at least `limit`."""
    return math.ceil(1000 * (limit - _allowance(limit, replicates))) / 1000


def most(limit: float, replicates: int) -> float:
    """Return the largest simulated share that still agrees with at most `limit`."""
    return math.floor(1000 * (limit + _allowance(limit, replicates))) / 1000


def _allowance(limit: float, replicates: int) -> float:
    return 2 * math.sqrt(limit * (1 - limit) / replicates)


def coverage_failures(family: str, results: Sequence[Covered]) -> Iterator[str]:
    """Yield a sentence for each cell, and for the mean over cells, that breaks the rule."""
    held = [found for found in results if belongs(found.cell)]
    for found in held:
        for which, share, n in _shares(found):
            if n and share < least(LEAST_COVERAGE, n):
                yield f"{family}, {_named(found)}: covers {share:.4f} of {n:,} data sets {which}"
    for which, mean in mean_coverage(results).items():
        if not MEAN_COVERAGE[0] <= mean <= MEAN_COVERAGE[1]:
            yield f"{family}: mean coverage over {which} data sets is {mean:.4f}"


def mean_coverage(results: Sequence[Covered]) -> dict[str, float]:
    """Return the mean over the rule's cells, of all data sets and of the unmarked ones."""
    held = [_shares(found) for found in results if belongs(found.cell)]
    return {
        which: sum(shares) / len(shares)
        for i, which in enumerate(("all", "unmarked"))
        if (shares := [found[i][1] for found in held if found[i][2]])
    }


def _shares(found: Covered) -> tuple[tuple[str, float, int], ...]:
    return (
        ("in all", found.coverage, found.replicates),
        ("without the mark", found.coverage_unmarked, found.unmarked),
    )


def rejection_failures(family: str, results: Sequence[Rejected]) -> Iterator[str]:
    """Yield a sentence for each cell whose test rejects too often, too seldom or too weakly."""
    for found in results:
        cell, rate, n = found.cell, found.rate, found.replicates
        if cell.limit is not None and rate > most(cell.limit, n):
            yield f"{family}, {_named(found)}: rejects {rate:.4f}, more than {cell.limit}"
        if cell.limit is not None and cell.many and rate < least(LEAST_REJECTED, n):
            yield f"{family}, {_named(found)}: rejects {rate:.4f}, less than {LEAST_REJECTED}"
        if cell.power is not None and abs(rate - cell.power) > POWER_BAND + _allowance(POWER, n):
            yield f"{family}, {_named(found)}: power {rate:.4f}, not about {cell.power}"


def _named(found: Covered | Rejected) -> str:
    return ", ".join(f"{key} {value}" for key, value in found.cell.about.items())
