"""Could a shortcut do it: what rules that read no meaning score on the same questions."""

from __future__ import annotations

from typing import Any

from reports.charts import Dot, Look
from reports.dots import dot_chart
from reports.figures import Drawing
from reports.markup import Html, join, tag
from reports.queries import Answer
from reports.sections.parts import (
    BASELINES,
    by_value,
    command,
    concepts_only,
    dot_figure,
    empty,
    per_gradable,
)
from reports.study import Series, Study
from reports.tables import table
from reports.verdicts import doubted, verdict
from reports.words import detail, distinct, plain, with_interval

TITLE = "Could a shortcut do it?"

RULES = {
    "baseline_majority_letter": Series("majority letter", "var(--muted)", "square"),
    "baseline_longer_option": Series("longer option", "var(--muted)", "triangle-up"),
    "baseline_option_prior": Series("option-text prior", "var(--muted)", "cross"),
}


def body(study: Study) -> Html | None:
    """Return the surface baselines of every question set."""
    return per_gradable(study, _part)


def _part(study: Study, dataset: str) -> Html:
    answer = concepts_only(study.estimates(dataset, *BASELINES))
    if not answer.rows:
        return empty("No baselines yet.", command("analyze", "quantify", "--questions", dataset))
    what = "Share right of rules that read no meaning"
    title = "What surface rules score"
    figure = dot_figure(study, "baselines", title, what, dataset, answer, [_panel(answer)])
    return join(figure, _flags(study, dataset))


def _panel(answer: Answer) -> Drawing:
    rules = [RULES[metric] for metric in distinct(answer.rows, "metric")]
    return dot_chart([_dot(row) for row in answer.rows], Look(by_value(answer.rows), rules))


def _dot(row: dict[str, Any]) -> Dot:
    return Dot(
        row=plain(row["concept"]),
        series=RULES[row["metric"]].label,
        value=row["estimate"],
        low=row["ci_low"],
        high=row["ci_high"],
        text=with_interval(row, "share"),
        null=row["null_value"],
    )


def _flags(study: Study, dataset: str) -> Html:
    rows = study.estimates(dataset, "accuracy").rows
    if not any(verdict(row) == "above" for row in rows):
        return tag("p", "No model is shown to be above chance, so nothing is to be explained.")
    flagged = [row for row in rows if doubted(row)]
    if not flagged:
        return tag("p", "No surface rule comes near a score that is above chance.")
    shown = [
        {
            "concept": plain(row["concept"]),
            "model": series.label,
            "reading": row["reading"],
            "accuracy": with_interval(row, "share"),
            "not ruled out": _flag(row),
        }
        for row in flagged
        if (series := study.series(row))
    ]
    caption = (
        "Above chance, but a rule is not ruled out: its score reaches the model's interval or "
        "comes within two points of its accuracy"
    )
    return tag("div", table(shown, caption=caption), class_="block")


def _flag(row: dict[str, Any]) -> str:
    """Return the rules that a flag names, in the words of the figure."""
    names = str(detail(row)["flag"]).split(", ")
    return ", ".join(RULES[name].label if name in RULES else plain(name) for name in names)
