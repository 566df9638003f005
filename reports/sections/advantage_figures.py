"""Figures of advantages: panels of dots around no advantage, on one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reports.charts import Dot, Look
from reports.dots import dot_chart
from reports.figures import Drawing, Figure, render
from reports.markup import Html
from reports.predictions import Knower
from reports.queries import Answer
from reports.sections.parts import interval_method, slug
from reports.study import Series, Study
from reports.words import Row, span, with_interval

# More panels than this would be a wall; the tables have every pair.
MOST_PANELS = 9
# Not the colours of models.
PLAIN = Series("itself less the other model", "var(--ink)", "circle")
FAIR = Series("crossed form", "var(--muted)", "square")
NULL = "no advantage"
# What tells the rows of one contest.
ENDS = ("model_id", "other_model_id", "condition_id", "other_condition_id")


def figure(
    study: Study, dataset: str, key: str, title: str, what: str, answer: Answer,
    made: Mapping[str, Sequence[Dot]], series: Sequence[Series],
) -> Html:  # fmt: skip
    """Return a figure of panels by title; `what` says what the points are."""
    panels = _panels(made, series)
    items, strings = (span(row[name] for row in answer.rows) for name in ("n", "n_clusters"))
    subtitle = (
        f"{what}; {dataset}, {items} items on {strings} strings; {interval_method(answer.rows)}."
    )
    few = len(panels) < len(made)
    notes = [f"Drawn are {len(panels)} of {len(made)}, the surest first."] if few else []
    return render(Figure(f"{key}-{slug(study, dataset)}", title, subtitle, panels, answer, notes,
                         small=len(panels) > MOST_PANELS // 2))  # fmt: skip


def _panels(made: Mapping[str, Sequence[Dot]], series: Sequence[Series]) -> list[Drawing]:
    """Return a panel a title, on one scale."""
    drawn = dict(list(made.items())[:MOST_PANELS])
    every = [one for dots in drawn.values() for one in dots]
    ends = [end for one in every for end in (one.value, one.low, one.high) if end is not None]
    extent = (min(0.0, *ends), max(0.0, *ends)) if ends else None
    return [
        dot_chart(dots, Look(rows_of(dots), _present(dots, series), "points", NULL, extent=extent),
                  title)
        for title, dots in drawn.items()
    ]  # fmt: skip


def rows_of(dots: Sequence[Dot]) -> list[str]:
    """Return the rows that dots stand in, in order."""
    return list(dict.fromkeys(one.row for one in dots))


def _present(dots: Sequence[Dot], series: Sequence[Series]) -> list[Series]:
    return [one for one in series if any(point.series == one.label for point in dots)]


def dot(name: str, series: Series, row: Row) -> Dot:
    """Return the dot of a difference."""
    return Dot(name, series.label, row["estimate"], row["ci_low"], row["ci_high"],
               with_interval(row, "points"), null=0.0)  # fmt: skip


def versus(knower: Knower) -> str:
    """Return a model and the closest other model as a title."""
    return f"{knower.series.label} over {knower.main.rival.label}"
