"""A chart of dots with its words, its rows and the entries of its key."""

from __future__ import annotations

from collections.abc import Sequence

from reports.charts import Dot, Look, dots
from reports.figures import Drawing
from reports.markup import Html
from reports.swatches import DIAMOND, TICK, outline, symbol
from reports.words import percent, sentence_list

# Beyond this many points only the extremes are said.
MOST_SAID = 12


def dot_chart(points: Sequence[Dot], look: Look, title: str | None = None) -> Drawing:
    """Return one chart of dots."""
    return Drawing(
        spec=dots(points, look),
        words=_words(points, look),
        rows=[{"": p.row, "model": p.series, "estimate": p.text} for p in points],
        series=[symbol(series, series.label in look.hollow) for series in look.series],
        marks=_marks(points, look),
        title=title,
    )


def _words(points: Sequence[Dot], look: Look) -> str:
    """Return what the chart shows: its extremes and, up to twelve points, all of them."""
    shown = [p for p in points if p.value is not None]
    if not shown:
        return "no estimate."
    many = len(shown) > MOST_SAID
    ends = [max(shown, key=_value), min(shown, key=_value)] if many else shown
    said = sentence_list([f"{p.series}, {p.row}: {p.text}" for p in ends])
    extent = f"{len(shown)} points, the highest and the lowest are " if many else ""
    nulls = {p.null for p in shown if p.null is not None}
    share = look.unit == "share" and len(nulls) == 1
    reference = f" {look.null_label.capitalize()} is {percent(nulls.pop())}." if share else ""
    return f"{extent}{said}.{reference}"


def _value(point: Dot) -> float:
    return point.value if point.value is not None else 0.0


def _marks(points: Sequence[Dot], look: Look) -> list[Html]:
    marks = []
    if any(p.null is not None for p in points):
        marks.append(outline(TICK, look.null_label))
    if any(p.baseline is not None for p in points):
        marks.append(outline(DIAMOND, look.baseline_label))
    return marks
