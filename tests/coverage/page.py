"""The page `docs/coverage.md`, from what the simulation found."""

from __future__ import annotations

import math
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import TypeVar

import numpy as np
import scipy

from tests.coverage import calibration_page
from tests.coverage.calibration_page import Calibration
from tests.coverage.cells import Covered, Rejected
from tests.coverage.rules import belongs, mean_coverage

F = TypeVar("F", Covered, Rejected)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "coverage.md"


def text(
    covered: Mapping[str, Sequence[Covered]],
    rejected: Mapping[str, Sequence[Rejected]],
    calibration: Calibration,
    failures: Sequence[str],
) -> str:
    """Return the whole page."""
    replicates = next(iter(covered.values()))[0].replicates
    parts = [
        introduction(),
        f"{replicates:,} data sets a cell; Python {platform.python_version()}, NumPy "
        f"{np.__version__}, SciPy {scipy.__version__}. Rules broken: {len(failures)}.",
        *(f"- {failure}" for failure in failures),
        "## Coverage of intervals",
        "\n".join(_summary(covered)),
    ]
    for name, found in covered.items():
        parts += [f"### {name}", "\n".join(coverage_table(found))]
    parts.append("## Error rates of tests")
    for name, tests in rejected.items():
        parts += [f"### {name}", "\n".join(_pivot(tests, rejection_entry))]
    parts += calibration_page.part(calibration)
    return "\n\n".join(parts) + "\n"


def introduction() -> str:
    """Return what the page says before its figures."""
    return resources.files("tests.coverage").joinpath("introduction.md").read_text("utf-8").strip()


def _summary(covered: Mapping[str, Sequence[Covered]]) -> Iterator[str]:
    yield "| interval | cells | under the rule | least | mean | least unmarked | mean unmarked |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for name, found in covered.items():
        held = [f for f in found if belongs(f.cell)]
        means = mean_coverage(found)
        unmarked = min(f.coverage_unmarked for f in held if f.unmarked)
        yield (
            f"| {name} | {len(found)} | {len(held)} | {_share(min(f.coverage for f in held))} | "
            f"{_share(means['all'])} | {_share(unmarked)} | {_share(means['unmarked'])} |"
        )


def coverage_table(found: Sequence[Covered]) -> Iterator[str]:
    """Yield a table with one column for each value of the cells' last property."""
    yield from _pivot(found, coverage_entry)


def coverage_entry(found: Covered) -> str:
    """Return coverage (bold under the rule) and, where some are marked, that of the others."""
    share = _share(found.coverage)
    entry = f"**{share}**" if belongs(found.cell) else share
    marked = 1 - found.unmarked / found.replicates
    if marked == 0:
        return entry
    others = "" if math.isnan(found.coverage_unmarked) else f" {_share(found.coverage_unmarked)}"
    return f"{entry}{others} ({marked:.0%})"


def rejection_entry(found: Rejected) -> str:
    """Return the share of rejections, bold where a rule limits it."""
    judged = found.cell.limit is not None or found.cell.power is not None
    return f"**{_share(found.rate)}**" if judged else _share(found.rate)


def _pivot(found: Sequence[F], entry: Callable[[F], str]) -> Iterator[str]:
    *names, across = found[0].cell.about
    columns = list(dict.fromkeys(f.cell.about[across] for f in found))
    lines: dict[tuple[float | str, ...], dict[float | str, str]] = {}
    for f in found:
        key = tuple(f.cell.about[name] for name in names)
        lines.setdefault(key, {})[f.cell.about[across]] = entry(f)
    yield f"| {' | '.join(names)} | {' | '.join(f'{across} {c}' for c in columns)} |"
    yield f"|{'--:|' * (len(names) + len(columns))}"
    for key, entries in lines.items():
        cells = [*map(str, key), *(entries.get(c, "") for c in columns)]
        yield f"| {' | '.join(cells)} |"


def _share(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")
