"""Rows of measurements as lines and as a Markdown table."""

from __future__ import annotations

import re
from collections.abc import Sequence

from benchmarks.cases import Row

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
HEAD = ("measured", "seconds", "peak MB", "against", "seconds", "peak MB", "ratio")


def line(row: Row) -> str:
    """Return a row as one line of text."""
    what, seconds, peak, other, least, _, ratio = _cells(row)
    return f"{row.name}: {what}: {seconds} s, {peak} MB; {other}: {least} s; ratio {ratio}"


def markdown(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    body = [_cells(row) for row in rows]
    lines = [HEAD, ("---", "---:", "---:", "---", "---:", "---:", "---:"), *body]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def written(text: str, table: str) -> str:
    """Return the text with the table between its marks; raise ValueError without marks."""
    if BEGIN not in text or END not in text:
        raise ValueError(f"the text has no {BEGIN} and {END}")
    return re.sub(
        f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n{table}\n{END}", text, count=1, flags=re.DOTALL
    )


def _cells(row: Row) -> tuple[str, ...]:
    ours = (row.what, f"{row.ours.seconds:.2f}", f"{row.ours.peak:,}", row.other)
    if row.against is None:
        return (*ours, "not installed", "", "")
    ratio = row.ours.seconds / row.against.seconds
    return (*ours, f"{row.against.seconds:.2f}", f"{row.against.peak:,}", f"{ratio:.1f}")
