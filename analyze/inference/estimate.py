"""What an estimator and a test return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analyze.inference.clusters import Floats

# Below this many effective answers of the rarer kind the interval's coverage is not promised.
COVERAGE_LIMIT = 5.0


def below_coverage_limit(n_effective: ArrayLike, p: ArrayLike) -> NDArray[np.bool_]:
    """Return whether `n_effective * min(p, 1 - p)` is under 5, where coverage is not promised."""
    share = np.asarray(p, float)
    return np.asarray(n_effective * np.minimum(share, 1 - share) < COVERAGE_LIMIT)


class Intervals(NamedTuple):
    """Estimates of many data sets at once: one array element each, `df` common to all."""

    value: Floats
    low: Floats
    high: Floats
    std_error: Floats
    df: float
    n_effective: Floats | None = None


@dataclass(frozen=True)
class Estimate:
    """One number with its uncertainty; what cannot be said is None and `reason` says why.

    `n` counts questions, `n_clusters` independent groups of them, `df` the degrees of freedom
    of the interval, `n_effective` the independent answers that would be as informative
    (proportions only).
    """

    value: float | None
    low: float | None
    high: float | None
    std_error: float | None
    n: int
    n_clusters: int
    method: str
    reason: str | None = None
    n_missing: int = 0
    n_effective: float | None = None
    df: float | None = None

    @classmethod
    def one_of(
        cls, found: Intervals, n: int, n_clusters: int, method: str, n_missing: int
    ) -> Estimate:
        """Return the estimate of the single data set that `found` was computed from."""
        value, low, high, error = (float(part) for part in found[:4])
        size = None if found.n_effective is None else float(found.n_effective)
        return cls(value, low, high, error, n, n_clusters, method, None, n_missing, size, found.df)

    @property
    def below_coverage_rule(self) -> bool | None:
        """Whether coverage is not promised, by a rule that uses what was observed only.

        The interval is shown all the same; None where there is none.
        """
        if self.n_effective is None or self.value is None:
            return None
        return bool(below_coverage_limit(self.n_effective, self.value))


@dataclass(frozen=True)
class Test:
    """A p-value, how it came about, and the seed if signs were drawn."""

    # pytest collects classes by this prefix; this one is no test case.
    __test__ = False

    p_value: float
    method: str
    seed: int | None = None
