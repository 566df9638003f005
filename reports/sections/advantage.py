"""By how much, over whom: advantages by model, property and task, and what they rest on."""

from __future__ import annotations

from collections.abc import Sequence

from reports.charts import Dot
from reports.markup import Html, join
from reports.predictions import CROSSED, Contest, Knower, knowers
from reports.queries import Answer
from reports.sections.advantage_controls import by_task, crossed_controls
from reports.sections.advantage_figures import (
    ENDS,
    FAIR,
    MOST_PANELS,
    PLAIN,
    dot,
    figure,
    rows_of,
    versus,
)
from reports.sections.advantage_table import pairs_table
from reports.sections.parts import by_value, per
from reports.study import Study
from reports.words import Row, plain

TITLE = "By how much, and over whom?"

# The closest other models that are drawn.
MOST_ROWS = 6


def body(study: Study) -> Html | None:
    """Return the advantages of every question set whose answers were predicted."""
    return per(study, study.predicted, _part)


def _part(study: Study, dataset: str) -> Html | None:
    _, found = knowers(study, dataset)
    if not found:
        return None
    return join(
        _by_rival(study, dataset, found),
        _by_property(study, dataset, found),
        crossed_controls(study, dataset, found),
        by_task(study, dataset, found),
        pairs_table(study, dataset, found),
    )


def _by_rival(study: Study, dataset: str, found: Sequence[Knower]) -> Html:
    metrics = ("macro_advantage", "micro_advantage", CROSSED, "micro_crossed_advantage")
    answer = study.ask("predictions", dataset=dataset, metrics=metrics)
    made = {f"{knower.series.label} over": _rivals(knower) for knower in found}
    what = (
        "Accuracy in predicting itself less that of each other predictor of it, in points, mean "
        "over properties; crossed: mean of the same for both models of a pair"
    )
    most = max(len(knower.contests) for knower in found)
    closest = f" (of {most} the {MOST_ROWS} closest, and those compared crosswise)"
    title = f"Advantage over other models{closest if most > MOST_ROWS else ''}"
    return figure(study, dataset, "over", title, what, answer, made, (PLAIN, FAIR))


def _rivals(knower: Knower) -> list[Dot]:
    """Return the closest other models, and those that are compared crosswise."""
    dots = []
    ranked = sorted(knower.contests, key=lambda c: c.plain["estimate"] or 0.0)
    drawn = [c for i, c in enumerate(ranked) if i < MOST_ROWS or c.crossed_row is not None]
    for contest in drawn:
        dots.append(dot(contest.rival.label, PLAIN, contest.plain))
        if contest.crossed_row is not None:
            dots.append(dot(contest.rival.label, FAIR, contest.crossed_row))
    return dots


def _by_property(study: Study, dataset: str, found: Sequence[Knower]) -> Html | None:
    answer = study.ask("property_advantages", dataset=dataset, pairs=_drawn_pairs(found))
    # One order for all panels, so that a property is found in each at one height.
    order = by_value([{**row, "concept": row["property"]} for row in answer.rows])
    made = {versus(knower): _properties(knower, answer, order) for knower in found}
    made = {title: dots for title, dots in made.items() if len(rows_of(dots)) > 1}
    if not made:
        return None
    what = "The same by property, in points, over the closest other model"
    title = "Advantage by property"
    return figure(study, dataset, "properties", title, what, answer, made, (PLAIN, FAIR))


def _drawn_pairs(found: Sequence[Knower]) -> list[str]:
    """Return the pairs of models whose advantages are drawn by property."""
    contests = [knower.main for knower in found[:MOST_PANELS]]
    rows = [row for c in contests for row in (c.plain, c.crossed_row) if row is not None]
    return sorted({f"{row['model_id']} {row['other_model_id']}" for row in rows})


def _properties(knower: Knower, answer: Answer, order: Sequence[str]) -> list[Dot]:
    rows = [row for row in answer.rows if _is_of(row, knower.main)]
    return [
        dot(name, PLAIN if row["metric"] == "advantage" else FAIR, row)
        for name in order
        for row in rows
        if plain(row["property"]) == name
    ]


def _is_of(row: Row, contest: Contest) -> bool:
    """Return whether a row by property belongs to a contest, or to its least crossed form."""
    if row["metric"] == "advantage":
        return all(row[name] == contest.plain[name] for name in ENDS)
    least = contest.crossed_row
    return least is not None and all(
        row[name] == least[name] for name in (*ENDS, "on_first", "on_second")
    )
