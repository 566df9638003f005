"""What several sections share: dots from rows, orders, subtitles, and designed empty states."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

from reports.charts import Dot, Look
from reports.dots import dot_chart
from reports.figures import Drawing, Figure, render
from reports.markup import Html, join, tag
from reports.queries import Answer
from reports.study import READINGS, Study
from reports.words import Row, Unit, detail, distinct, plain, sentence_list, span, with_interval

READING_NAMES = {
    "letter": "Letter: log-probability of the option's letter",
    "cloze": "Cloze: log-probability of the option's text",
    "text": "Text: parsed reply",
}
# The engines of `generate`; a model of another tool or file cannot be asked here.
ASKABLE = ("transformers", "vllm", "openai", "anthropic")
SINGULAR = {"questions": "question", "states": "state", "families": "family", "clusters": "cluster"}
BASELINES = ("baseline_majority_letter", "baseline_longer_option", "baseline_option_prior")


def per(
    study: Study, datasets: Sequence[str], part: Callable[[Study, str], Html | None]
) -> Html | None:
    """Return the parts of question sets, named where the study has several; None without any."""
    parts = {dataset: made for dataset in datasets if (made := part(study, dataset)) is not None}
    if len(study.all_datasets) == 1:
        return next(iter(parts.values()), None)
    named = [join(tag("h3", name), made) for name, made in parts.items()]
    return join(*named) if named else None


def per_dataset(study: Study, part: Callable[[Study, str], Html | None]) -> Html | None:
    """Return a section's part for every question set whose answers were judged."""
    return per(study, study.datasets, part)


def per_gradable(study: Study, part: Callable[[Study, str], Html]) -> Html | None:
    """Return the same for question sets with options and right answers; None without any."""
    return per(study, [name for name in study.datasets if study.gradable(name)], part)


def command(*words: str) -> str:
    """Return a command line that is safe to paste, whatever a name from the data contains."""
    return " ".join(["mirrorlake", *map(shlex.quote, words)])


def askable(study: Study) -> list[dict[str, Any]]:
    """Return the study's models that can be asked here."""
    return [row for row in study.ask("models").rows if row["engine"] in ASKABLE]


def asking(study: Study, dataset: str, *more: str) -> str:
    """Return the command that asks the first model that can be asked the questions of a set."""
    model = next((row["name"] for row in askable(study)), "MODEL")
    return command("generate", "responses", "--questions", dataset, "--model", model, *more)


def empty(sentence: str, line: str | None = None) -> Html:
    """Return a designed empty state: what is not here and which command fills it."""
    how = tag("p", "To fill it: ", tag("code", line)) if line else None
    return tag("div", tag("p", sentence), how, class_="empty")


def by_value(rows: Sequence[Row]) -> list[str]:
    """Return the concepts of rows, the highest mean estimate first."""
    values: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        values[plain(row["concept"])] += [] if row["estimate"] is None else [row["estimate"]]
    return sorted(values, key=lambda c: (-fmean(values[c]) if values[c] else 1e9, c))


def points(
    study: Study,
    rows: Sequence[Row],
    unit: Unit = "share",
    baselines: Mapping[str, float] | None = None,
) -> list[Dot]:
    """Return a dot a row; `baselines` maps a concept to the best surface baseline."""
    return [
        Dot(
            row=plain(row["concept"]),
            series=series.label,
            value=row["estimate"],
            low=row["ci_low"],
            high=row["ci_high"],
            text=with_interval(row, unit),
            null=row["null_value"],
            baseline=(baselines or {}).get(row["concept"]),
        )
        for row in rows
        if (series := study.series(row))
    ]


def panel(
    study: Study,
    rows: Sequence[Row],
    order: Sequence[str],
    *,
    title: str | None = None,
    unit: Unit = "share",
    null_label: str = "chance",
    baselines: Mapping[str, float] | None = None,
) -> Drawing:
    """Return one chart of rows that share a metric and a reading."""
    present = {plain(row["concept"]) for row in rows}
    look = Look([c for c in order if c in present], study.all_series(rows), unit, null_label)
    return dot_chart(points(study, rows, unit, baselines), look, title)


def by_reading(
    study: Study,
    rows: Sequence[Row],
    order: Sequence[str],
    *,
    unit: Unit = "share",
    null_label: str = "chance",
    baselines: Mapping[str, float] | None = None,
) -> list[Drawing]:
    """Return a panel a reading, in the fixed order of readings."""
    return [
        panel(
            study, chosen, order, title=READING_NAMES[reading], unit=unit, null_label=null_label,
            baselines=baselines,
        )
        for reading in READINGS
        if (chosen := [row for row in rows if row["reading"] == reading])
    ]  # fmt: skip


def best_baselines(study: Study, dataset: str) -> dict[str, float]:
    """Return the highest surface baseline of each concept."""
    best: dict[str, float] = {}
    for row in study.estimates(dataset, *BASELINES).rows:
        if row["concept"] is not None and row["estimate"] is not None:
            best[row["concept"]] = max(best.get(row["concept"], 0.0), row["estimate"])
    return best


def population(dataset: str, rows: Sequence[Row], unit: str) -> str:
    """Return who was asked how much (`starter, 160 questions in 40 clusters a concept`)."""
    many, clusters = (span(row[name] for row in rows) for name in ("n", "n_clusters"))
    asked, grouped = _counted(many, unit), _counted(clusters, "clusters")
    return f"{dataset or 'all questions'}, {asked} in {grouped} a concept"


def _counted(many: str, unit: str) -> str:
    return f"1 {SINGULAR[unit]}" if many == "1" else f"{many} {unit}"


def interval_method(rows: Sequence[Row]) -> str:
    """Return the interval methods of rows; a test's name follows a semicolon and is left out."""
    names = distinct(rows, lambda row: (row["method"] or "not recorded").partition(";")[0])
    return "95% intervals: " + " or ".join(names)


def dot_figure(
    study: Study,
    key: str,
    title: str,
    what: str,
    dataset: str,
    answer: Answer,
    panels: Sequence[Drawing],
    notes: Sequence[Html | str] = (),
    unit: str = "questions",
) -> Html:
    """Return a figure with the subtitle `what; population; interval method`."""
    subtitle = f"{what}; {population(dataset, answer.rows, unit)}; {interval_method(answer.rows)}."
    return render(Figure(f"{key}-{slug(study, dataset)}", title, subtitle, panels, answer, notes))


def slug(study: Study, dataset: str) -> str:
    """Return the question set's number; a name from data never becomes an id."""
    return str(study.all_datasets.index(dataset) + 1)


def doubts(rows: Sequence[Row]) -> list[Html | str]:
    """Return for which concepts the interval's coverage is not promised, and the missing ones."""
    names = [plain(row["concept"]) for row in rows if detail(row).get("below_coverage_rule")]
    few = sentence_list(distinct_text(names))
    rule = (
        "Too few effective answers to promise the intervals' coverage "
        f"(fewer than 5 on one side): {few}."
    )
    return [*([rule] if names else []), *reasons(rows)]


def reasons(rows: Sequence[Row]) -> list[Html]:
    """Return why rows lack an estimate or interval, each reason with its concepts."""
    why: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["reason"]:
            why[row["reason"]].append(plain(row["concept"]))
    return [
        join(f"{sentence_list(distinct_text(names)).capitalize()}: ", *reason_words(reason))
        for reason, names in why.items()
    ]


def reason_words(reason: str) -> list[Html | str]:
    """Return a reason as a sentence; a command at its end can be copied whole."""
    why, run, line = reason.partition(": mirrorlake ")
    return [why, ": ", tag("code", f"mirrorlake {line}")] if run else [reason, "."]


def distinct_text(names: Sequence[str]) -> list[str]:
    """Return names without repeats, in order."""
    return list(dict.fromkeys(names))


def concepts_only(answer: Answer) -> Answer:
    """Return the answer without estimates over all concepts."""
    rows = [row for row in answer.rows if row["concept"] is not None]
    return replace(answer, rows=rows)
