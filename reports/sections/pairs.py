"""Model against model: paired differences on shared questions, adjusted over the family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reports.charts import Dot, Look
from reports.dots import dot_chart
from reports.figures import Drawing
from reports.markup import Html, join, tag
from reports.sections.parts import (
    askable,
    asking,
    by_value,
    command,
    concepts_only,
    dot_figure,
    empty,
    per_gradable,
)
from reports.study import READINGS, Series, Study
from reports.tables import shortened
from reports.words import Row, detail, distinct, number, p_text, plain, with_interval

TITLE = "Model against model"

# More panels than this would be a wall; the table below holds every pair.
MOST_PANELS = 6


def body(study: Study) -> Html | None:
    """Return the paired comparisons of every question set."""
    return per_gradable(study, _part)


def _part(study: Study, dataset: str) -> Html:
    every = study.estimates(dataset, "accuracy_difference")
    answer = concepts_only(every)
    if not answer.rows:
        return _nothing(study, dataset)
    panels = _panels(study, answer.rows)
    what = "Accuracy of the first minus the second on the questions both answered, in points"
    notes = [f"Adjusted over: {family}." for family in distinct(answer.rows, "family")]
    if len(panels) > MOST_PANELS:
        notes.append(f"{len(panels) - MOST_PANELS} more pairs are in the table.")
    title = "Differences in accuracy"
    return join(
        dot_figure(study, "pairs", title, what, dataset, answer, panels[:MOST_PANELS], notes),
        _table(study, every.rows),
    )


def _nothing(study: Study, dataset: str) -> Html:
    rows = [r for r in study.estimates(dataset, "accuracy").rows if r["estimate"] is not None]
    if len(study.all_series(rows)) < 2:
        return empty(
            "Only one model answered these questions under one condition, so there is nothing to "
            "compare.",
            command("generate", "responses", "--questions", dataset, "--model", "hf:PATH-OR-ID"),
        )
    return empty(
        "No two models or conditions answered the same questions under the same reading, so "
        "there is nothing to compare.",
        asking(study, dataset, "--reading", _shareable(study, rows)),
    )


def _shareable(study: Study, rows: Sequence[Row]) -> str:
    """Return the reading under which asking here would give a pair."""
    here = {model["model_id"] for model in askable(study)[:1]}
    own = {row["reading"] for row in rows if row["model_id"] in here}
    others = [reading for reading in READINGS if any(row["reading"] == reading for row in rows)]
    return next((reading for reading in others if reading not in own), others[0])


def _pair(study: Study, row: Row) -> str:
    first, other = study.series(row), study.series(row, "other_")
    names = [s.label if s else "unnamed" for s in (first, other)]
    return f"{names[0]} {chr(0x2212)} {names[1]}"


def _panels(study: Study, rows: Sequence[dict[str, Any]]) -> list[Drawing]:
    titled: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        titled.setdefault((_pair(study, row), row["reading"]), []).append(row)
    return [_panel(members, *title) for title, members in titled.items()]


def _panel(rows: list[dict[str, Any]], pair: str, reading: str) -> Drawing:
    series = Series(f"{pair}, {reading}", "var(--ink)", "circle")
    dots = [
        Dot(
            row=plain(row["concept"]),
            series=series.label,
            value=row["estimate"],
            low=row["ci_low"],
            high=row["ci_high"],
            text=with_interval(row, "points"),
            null=0.0,
        )
        for row in rows
    ]
    return dot_chart(dots, Look(by_value(rows), [series], "points", "no difference"), series.label)


def _table(study: Study, rows: Sequence[dict[str, Any]]) -> Html:
    shown = [
        {
            "pair": _pair(study, row),
            "reading": row["reading"],
            "concept": "mean without harm" if row["concept"] is None else plain(row["concept"]),
            "difference": with_interval(row, "points"),
            "p": p_text(row["p_value"]),
            "adjusted p": p_text(row["p_adjusted"]),
            "questions": row["n"],
            "clusters": row["n_clusters"],
            **_discordant(row),
        }
        for row in rows
    ]
    caption = "Every comparison, with the smallest difference it could have detected"
    return tag("div", shortened(shown, caption, study.lean), class_="block tall")


def _discordant(row: dict[str, Any]) -> dict[str, Any]:
    more = detail(row)
    mde = more.get("mde")
    return {
        "first better on": more.get("first_better"),
        "second better on": more.get("other_better"),
        "detectable (points)": None if mde is None else number(mde, "points").lstrip("+"),
    }
