"""Run every cell, write `docs/coverage.md`, and fail where a rule is broken: `make coverage`."""

from __future__ import annotations

import sys

from console import Progress, say
from tests.coverage import intervals, levels
from tests.coverage.cells import Covered, Rejected, cover, reject
from tests.coverage.page import PAGE, text
from tests.coverage.rules import REPLICATES, coverage_failures, rejection_failures


def main() -> int:
    """Return 1 if a rule is broken, else 0."""
    interval_cells, test_cells = intervals.families(), levels.families()
    total = sum(map(len, interval_cells.values())) + sum(map(len, test_cells.values()))
    covered: dict[str, list[Covered]] = {name: [] for name in interval_cells}
    rejected: dict[str, list[Rejected]] = {name: [] for name in test_cells}
    with Progress("Coverage", total, unit="cells") as progress:
        for name, cells in interval_cells.items():
            for cell in cells:
                covered[name].append(cover(cell, REPLICATES))
                progress.advance(1)
        for name, tests in test_cells.items():
            for test in tests:
                rejected[name].append(reject(test, REPLICATES))
                progress.advance(1)
    failures = [
        *(line for name, found in covered.items() for line in coverage_failures(name, found)),
        *(line for name, tests in rejected.items() for line in rejection_failures(name, tests)),
    ]
    PAGE.write_text(text(covered, rejected, failures), "utf-8")
    for failure in failures:
        say(failure)
    say(f"{total:,} cells, {len(failures)} broken rules: docs/{PAGE.name}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
