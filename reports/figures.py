"""One figure: title, subtitle, chart panels, and behind a fold the rows, the CSV and the SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from reports.charts import Dot, Look, dots
from reports.markup import Html, data_script, join, tag
from reports.queries import Answer
from reports.study import Series
from reports.tables import csv_link, shortened, table, without_empty
from reports.words import distinct, percent, sentence_list, span

# Columns that the table under a figure leaves to the CSV: they repeat or are keys.
HIDDEN = (
    "model_id", "other_model_id", "condition_id", "other_condition_id", "sql", "method", "family",
    "detail", "std_error",
)  # fmt: skip


@dataclass(frozen=True)
class Panel:
    """One chart of a figure; panels of a figure share their rows' order."""

    points: Sequence[Dot]
    look: Look
    title: str | None = None


@dataclass(frozen=True)
class Figure:
    """A figure and the query whose rows it draws."""

    key: str
    title: str
    subtitle: str
    panels: Sequence[Panel]
    answer: Answer
    notes: Sequence[Html | str] = field(default_factory=tuple)


def render(figure: Figure) -> Html:
    """Return the figure as HTML with its alternative text and fold."""
    panels = [_panel(figure, panel) for panel in figure.panels]
    caption = tag(
        "figcaption",
        tag("h4", figure.title),
        tag("p", figure.subtitle, class_="subtitle"),
        _key(figure.panels),
    )
    notes = [tag("p", note, class_="note") for note in figure.notes]
    grid = tag("div", *panels, class_="panels" if len(panels) > 1 else "panels one")
    return tag("figure", caption, grid, *notes, behind(figure.key, figure.answer), id=figure.key)


def _panel(figure: Figure, panel: Panel) -> Html:
    text = _alternative(figure, panel)
    heading = tag("p", panel.title, class_="panel-title") if panel.title else None
    spec = data_script(dots(panel.points, panel.look), class_="spec")
    chart = tag("div", spec, tag("div", class_="canvas", aria_hidden="true"),
                class_="chart", role="img", aria_label=text)  # fmt: skip
    # In a lean page the rows under the figure are fallback enough.
    fallback = None if figure.answer.lean else _fallback(panel)
    return tag("div", heading, chart, fallback, class_="panel")


def _fallback(panel: Panel) -> Html:
    rows = [{"": p.row, "model": p.series, "estimate": p.text} for p in panel.points]
    return tag("noscript", table(rows, caption=panel.title or "The chart as a table"))


def _alternative(figure: Figure, panel: Panel) -> str:
    """Return what the chart shows, in words: its extremes and, up to twelve points, all of them."""
    name = f"{figure.title}, {panel.title}" if panel.title else figure.title
    shown = [p for p in panel.points if p.value is not None]
    if not shown:
        return f"{name}: no estimate."
    ends = shown if len(shown) <= 12 else [max(shown, key=_value), min(shown, key=_value)]
    said = sentence_list([f"{p.series}, {p.row}: {p.text}" for p in ends])
    extent = "" if len(shown) <= 12 else f"{len(shown)} points, the highest and the lowest are "
    nulls = {p.null for p in shown if p.null is not None}
    share = panel.look.unit == "share" and len(nulls) == 1
    reference = f" {panel.look.null_label.capitalize()} is {percent(nulls.pop())}." if share else ""
    return f"{name}: {extent}{said}.{reference}"


def _value(point: Dot) -> float:
    return point.value if point.value is not None else 0.0


def _key(panels: Sequence[Panel]) -> Html:
    series = list(dict.fromkeys(chain.from_iterable(p.look.series for p in panels)))
    points = list(chain.from_iterable(p.points for p in panels))
    entries = [tag("li", _swatch(s), s.label) for s in series]
    if any(p.null is not None for p in points):
        entries.append(tag("li", _mark("M8 1V13"), panels[0].look.null_label))
    if any(p.baseline is not None for p in points):
        entries.append(tag("li", _mark("M8 2L13 7L8 12L3 7Z"), "best shortcut (surface baseline)"))
    return tag("ul", *entries, class_="key")


PATHS = {
    "circle": "M8 2A5 5 0 1 1 7.99 2Z",
    "square": "M4 3H12V11H4Z",
    "triangle-up": "M8 2L13 12H3Z",
    "diamond": "M8 1L13 7L8 13L3 7Z",
    "cross": "M6 2H10V5H13V9H10V12H6V9H3V5H6Z",
    "triangle-down": "M8 12L3 2H13Z",
}


def _swatch(series: Series) -> Html:
    path = tag("path", d=PATHS[series.shape], fill=series.colour)
    return tag("svg", path, width=16, height=14, viewBox="0 0 16 14", aria_hidden="true")


def _mark(path: str) -> Html:
    shape = tag("path", d=path, fill="none", stroke="var(--muted)", stroke_width="1.5")
    return tag("svg", shape, width=16, height=14, viewBox="0 0 16 14", aria_hidden="true")


def behind(key: str, answer: Answer, names: Sequence[str] | None = None) -> Html:
    """Return the fold under a figure: rows, CSV, methods and SQL."""
    counts = _counts(answer)
    summary = tag("summary", "Rows, CSV and SQL", tag("span", counts, class_="counts"))
    methods = distinct(answer.rows, "method") if "method" in answer.names else []
    method = tag("p", tag("strong", "Method. "), "; ".join(methods), class_="note")
    columns = names or without_empty(answer, HIDDEN)
    shown = [{name: row[name] for name in columns} for row in answer.rows]
    rows = shortened(shown, "The rows", answer.lean) if shown else None
    links = tag("p", "Download: ", csv_link(answer, key), class_="downloads")
    return tag(
        "details", summary, links, rows, method if methods else None, _sql(answer), class_="behind"
    )


def _sql(answer: Answer) -> Html:
    query = join(tag("p", "These rows, with ", tag("code", "mirrorlake sql"), ":"),
                 tag("pre", answer.sql, tabindex="0"))  # fmt: skip
    own = distinct(answer.rows, "sql") if "sql" in answer.names else []
    if not own:
        return query
    introduced = tag("p", "The answers behind the first row (each row has its own, in the CSV):")
    return join(query, introduced, tag("pre", own[0], tabindex="0"))


def _counts(answer: Answer) -> str:
    if "n_clusters" not in answer.names or not answer.rows:
        return f"{len(answer.rows):,} rows"
    missing = span(row["n_missing"] for row in answer.rows)
    n, clusters = (span(row[name] for row in answer.rows) for name in ("n", "n_clusters"))
    return f"n {n} a row, clusters {clusters}, missing {missing}"


def fold(summary: Any, *content: Any) -> Html:
    """Return a folded part of a section."""
    return tag("details", tag("summary", summary), *content, class_="behind")
