"""One figure: title, subtitle, chart panels, and behind a fold the rows, the CSV and the SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from reports.markup import Html, data_script, join, tag
from reports.queries import Answer
from reports.tables import csv_link, shortened, table, without_empty
from reports.words import distinct, span

# Columns that the table under a figure leaves to the CSV: they repeat or are keys.
HIDDEN = (
    "model_id", "other_model_id", "condition_id", "other_condition_id", "sql", "method", "family",
    "direction_id", "detail", "std_error", "auroc_by_head", "random_band", "families",
)  # fmt: skip


@dataclass(frozen=True)
class Drawing:
    """One chart of a figure: its specification, and what it shows in words and as a table.

    `series` and `marks` are the entries of the key; below `narrow` pixels the chart is drawn
    without its margin of text, and wider than `widest` it never is.
    """

    spec: dict[str, Any]
    words: str
    rows: Sequence[Mapping[str, Any]]
    series: Sequence[Html]
    marks: Sequence[Html]
    title: str | None = None
    narrow: int = 430
    widest: int | None = None


@dataclass(frozen=True)
class Figure:
    """A figure and the query whose rows it draws; charts of a `small` one may stand in threes."""

    key: str
    title: str
    subtitle: str
    panels: Sequence[Drawing]
    answer: Answer
    notes: Sequence[Html | str] = field(default_factory=tuple)
    small: bool = False


def render(figure: Figure) -> Html:
    """Return the figure as HTML with its alternative text and fold."""
    specs = _shared([panel.spec for panel in figure.panels])
    panels = [_panel(figure, *pair) for pair in zip(figure.panels, specs, strict=True)]
    caption = tag(
        "figcaption",
        tag("h4", figure.title),
        tag("p", figure.subtitle, class_="subtitle"),
        _key(figure.panels),
    )
    notes = [tag("p", note, class_="note") for note in figure.notes]
    grid = tag("div", *panels, class_=_grid(figure))
    return tag("figure", caption, grid, *notes, behind(figure.key, figure.answer), id=figure.key)


def _grid(figure: Figure) -> str:
    if len(figure.panels) == 1:
        return "panels one"
    return "panels small" if figure.small and len(figure.panels) not in (2, 4) else "panels"


def _shared(specs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return specifications, of those that differ in data alone only the first with the rest.

    The others name it by its place in the figure (`like`); page.js puts them together.
    """
    first: list[dict[str, Any]] = []
    written = []
    for spec in specs:
        form = {name: part for name, part in spec.items() if name != "datasets"}
        known = first.index(form) if form in first else None
        first.append(form)
        written.append(spec if known is None else {"like": known, "datasets": spec["datasets"]})
    return written


def _panel(figure: Figure, panel: Drawing, spec: dict[str, Any]) -> Html:
    name = f"{figure.title}, {panel.title}" if panel.title else figure.title
    heading = tag("p", panel.title, class_="panel-title") if panel.title else None
    canvas = tag("div", class_="canvas", aria_hidden="true")
    data = data_script(spec, class_="spec")
    chart = tag("div", data, canvas, class_="chart", role="img", data_narrow=panel.narrow,
                aria_label=f"{name}: {panel.words}")  # fmt: skip
    # In a lean page the rows under the figure are fallback enough.
    fallback = None if figure.answer.lean else _fallback(panel)
    width = f"max-width: {panel.widest}px" if panel.widest else None
    return tag("div", heading, chart, fallback, class_="panel", style=width)


def _fallback(panel: Drawing) -> Html:
    return tag("noscript", table(panel.rows, caption=panel.title or "The chart as a table"))


def _key(panels: Sequence[Drawing]) -> Html:
    entries = chain(
        chain.from_iterable(panel.series for panel in panels),
        chain.from_iterable(panel.marks for panel in panels),
    )
    return tag("ul", *dict.fromkeys(entries), class_="key")


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
