"""What the other tool said: imported scores as they came, with our intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reports.figures import Drawing
from reports.markup import Html, join
from reports.queries import Answer
from reports.sections.parts import by_value, dot_figure, doubts, empty, panel, per_dataset
from reports.study import Study
from reports.words import Row, Unit, detail, distinct

TITLE = "How did the other tool score it?"

NONE = "No other tool has scored the answers to this question set."

# A figure of more scorers than this would be a wall; the table behind it has them all.
MOST_SCORERS = 8


def body(study: Study) -> Html | None:
    """Return the imported scores of every question set that has any, None where none has."""
    shown = {dataset: part for dataset in study.datasets if (part := _part(study, dataset))}
    if not shown:
        return None
    return per_dataset(study, lambda _, dataset: shown.get(dataset) or empty(NONE))


def _part(study: Study, dataset: str) -> Html | None:
    """Return the scores of one question set: shares in one figure, numbers in another."""
    scorers = [row["reading"] for row in study.ask("scorers", dataset=dataset).rows]
    if not scorers:
        return None
    answer = study.estimates(dataset, "imported_score", readings=scorers)
    units: tuple[Unit, ...] = ("share", "number")
    return join(*(_figure(study, dataset, answer, unit) for unit in units))


def _figure(study: Study, dataset: str, answer: Answer, unit: Unit) -> Html | None:
    rows = [row for row in answer.rows if detail(row).get("unit") == unit]
    if not rows:
        return None
    panels = _panels(study, rows, unit)
    tool = " and ".join(distinct(rows, lambda row: row["reading"].partition("/")[0]))
    what = f"Mean over questions of the value that {tool} gave"
    title = f"Scores as {tool} gave them"
    notes = [*_notes(rows), *doubts(rows)]
    key = f"elsewhere-{unit}"
    return dot_figure(study, key, title, what, dataset, replace(answer, rows=rows), panels, notes)


def _panels(study: Study, rows: Sequence[Row], unit: Unit) -> list[Drawing]:
    shown = distinct(rows, "reading")[:MOST_SCORERS]
    chosen = {scorer: [row for row in rows if row["reading"] == scorer] for scorer in shown}
    return [
        panel(study, part, by_value(part), title=scorer, unit=unit)
        for scorer, part in chosen.items()
    ]


def _notes(rows: Sequence[Row]) -> list[str]:
    notes = []
    scorers = distinct(rows, "reading")
    if len(scorers) > MOST_SCORERS:
        notes.append(f"Drawn are {MOST_SCORERS} of {len(scorers)} scorers; the table has all.")
    differ = [
        row for row in rows
        if row["estimate"] is not None
        and abs(row["estimate"] - (detail(row).get("mean_over_samples") or 0)) > 1e-9
    ]  # fmt: skip
    if differ:
        notes.append(
            "Questions weigh the same however often they were asked; the tool's own mean over "
            "samples stands in the column detail."
        )
    return notes
