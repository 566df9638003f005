"""What an estimator and a test return."""

from __future__ import annotations

from dataclasses import dataclass

# Below this many effective answers of the rarer kind the interval's coverage is not promised.
COVERAGE_LIMIT = 5.0


@dataclass(frozen=True)
class Estimate:
    """One number with its uncertainty; what cannot be said is None and `reason` says why.

    `n` counts questions, `n_clusters` independent groups of them, `n_effective` the
    independent answers that would be as informative (proportions only).
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

    @property
    def below_coverage_rule(self) -> bool | None:
        """Whether `n_effective * min(p, 1 - p)` is under 5, where coverage is not promised.

        The rule uses what was observed only. The interval is shown all the same; None where
        there is none.
        """
        if self.n_effective is None or self.value is None:
            return None
        return self.n_effective * min(self.value, 1 - self.value) < COVERAGE_LIMIT


@dataclass(frozen=True)
class Test:
    """A p-value, how it came about, and the seed if signs were drawn."""

    # pytest collects classes by this prefix; this one is no test case.
    __test__ = False

    p_value: float
    method: str
    seed: int | None = None
