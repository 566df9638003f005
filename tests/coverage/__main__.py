"""Run every cell, write `docs/coverage.md`, and fail where a rule is broken: `make coverage`."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from typing import Any

from console import Progress, say
from tests.coverage import advantages, calibration_page, intervals, levels
from tests.coverage.cells import Covered, IntervalCell, Rejected, TestCell, cover, reject
from tests.coverage.page import PAGE, text
from tests.coverage.rules import REPLICATES, coverage_failures, rejection_failures

# A family of cells and a number in it, or a job of the part on calibration.
Job = tuple[str, Any]


def main() -> int:
    """Return 1 if a rule is broken, else 0."""
    # The longest first, so that no core waits for the last one.
    jobs: list[Job] = [
        *calibration_page.jobs(),
        *((name, i) for name, cells in {**_tests(), **_intervals()}.items()
          for i in range(len(cells))),
    ]  # fmt: skip
    made: dict[Job, Any] = {}
    with Progress("Coverage", len(jobs), unit="jobs") as progress, ProcessPoolExecutor() as pool:
        running = {pool.submit(_work, job): job for job in jobs}
        for done in as_completed(running):
            made[running[done]] = done.result()
            progress.advance(1)
    covered = {
        name: [Covered(cell, *made[name, i]) for i, cell in enumerate(cells)]
        for name, cells in _intervals().items()
    }
    rejected = {
        name: [Rejected(cell, *made[name, i]) for i, cell in enumerate(cells)]
        for name, cells in _tests().items()
    }
    calibration = calibration_page.together(made)
    failures = [
        *(line for name, found in covered.items() for line in coverage_failures(name, found)),
        *(line for name, tests in rejected.items() for line in rejection_failures(name, tests)),
        *calibration.failures(),
    ]
    PAGE.write_text(text(covered, rejected, calibration, failures), "utf-8")
    for failure in failures:
        say(failure)
    say(f"{len(jobs):,} jobs, {len(failures)} broken rules: docs/{PAGE.name}")
    return 1 if failures else 0


def _work(job: Job) -> Any:
    """Simulate one cell or job; what its cell is need not travel back."""
    name, i = job
    if name in _intervals():
        return tuple(cover(_intervals()[name][i], REPLICATES))[1:]
    if name in _tests():
        return tuple(reject(_tests()[name][i], REPLICATES))[1:]
    return calibration_page.work(job)


@cache
def _intervals() -> dict[str, list[IntervalCell]]:
    return intervals.families() | advantages.intervals()


@cache
def _tests() -> dict[str, list[TestCell]]:
    return levels.families() | advantages.tests()


if __name__ == "__main__":
    sys.exit(main())
