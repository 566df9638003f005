"""The answer: which model knows what, or itself, and how sure that is, in a chart and sentences."""

from __future__ import annotations

from collections.abc import Sequence

from reports.markup import Html, join, tag
from reports.sections import inward
from reports.sections.inside import inside
from reports.sections.parts import (
    best_baselines,
    by_value,
    command,
    concepts_only,
    dot_figure,
    doubts,
    empty,
    panel,
    per_dataset,
)
from reports.sections.said import Told, headline, told
from reports.study import READINGS, Study
from reports.verdicts import ALPHA, verdict
from reports.words import Row, detail, plain, sentence_list, with_interval

TITLE = "The answer"


def body(study: Study) -> Html:
    """Return the answer for every question set, and what was found inside the models."""
    return join(per_dataset(study, _answer), inward.answer(study), inside(study))


def _answer(study: Study, dataset: str) -> Html:
    reading = study.main_reading(dataset)
    if reading is None:
        return _unanswered(study, dataset)
    models = told(study, dataset, reading)
    after = join(_comparison(study, dataset), _otherwise(study, dataset, models))
    return join(headline(models, reading), _figure(study, dataset, reading), after)


def _unanswered(study: Study, dataset: str) -> Html:
    if study.ask("scorers", dataset=dataset).rows:
        return empty(f"No options to read in {dataset}; another tool's scores stand below.")
    if study.without_options(dataset):
        return empty(f"The questions of {dataset} have no options, and accuracy needs them. "
                     "The answers are kept as rows of the table responses.")  # fmt: skip
    if study.unlabelled(dataset):
        return empty(f"No question of {dataset} has a known right answer: give its file a column "
                     "'answer'. What was chosen stands in the view order_answers.")  # fmt: skip
    return empty(f"No accuracy was estimated on {dataset or 'these questions'}.",
                 command("analyze", "quantify", "--questions", dataset))  # fmt: skip


def _figure(study: Study, dataset: str, reading: str) -> Html:
    answer = concepts_only(study.estimates(dataset, "accuracy", readings=[reading]))
    baselines = best_baselines(study, dataset)
    chart = panel(study, answer.rows, by_value(answer.rows), baselines=baselines)
    what = f"Share right, {reading} reading{_over_orders(answer.rows)}"
    title, notes = "Accuracy by concept", doubts(answer.rows)
    return dot_figure(study, "known", title, what, dataset, answer, [chart], notes)


def _over_orders(rows: Sequence[Row]) -> str:
    """Return that orders were averaged over, where some question was read in several."""
    several = any(max(detail(row).get("orders", [1])) > 1 for row in rows)
    return ", mean over the orders of the options" if several else ""


def _otherwise(study: Study, dataset: str, models: Sequence[Told]) -> Html | None:
    """Return how many concepts are above chance under the readings that were not told."""
    rows = [row for row in study.estimates(dataset, "accuracy").rows if row["concept"]]
    counts = []
    for reading in READINGS:
        for model in models:
            own = [r for r in rows if study.series(r) == model.series and r["reading"] == reading]
            above = [row for row in own if verdict(row) == "above"]
            if own and model.reading not in (reading, None):
                counts.append(f"{model.series.label} {len(above)} of {len(own)} ({reading})")
    if not counts:
        return None
    return tag("p", f"Concepts above chance under other readings: {sentence_list(counts)}.")


def _comparison(study: Study, dataset: str) -> Html | None:
    rows = study.estimates(dataset, "accuracy_difference").rows
    tested = [row for row in rows if row["p_adjusted"] is not None and row["concept"]]
    if not tested:
        return None
    real = [row for row in tested if row["p_adjusted"] < ALPHA]
    head = (
        f"Of {len(tested)} paired comparisons between models or conditions, "
        f"{len(real)} differ after adjustment"
    )
    if not real:
        return tag("p", f"{head}.")
    top = max(real, key=lambda row: abs(row["estimate"]))
    first, other = study.series(top), study.series(top, "other_")
    pair = f"{first.label} minus {other.label}" if first and other else "the first minus the other"
    size = with_interval(top, "points")
    return tag("p", f"{head}; the largest is {plain(top['concept'])}, {pair}: {size} points.")
