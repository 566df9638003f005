"""Advantages under controls: the crossed form on parts of the items, and by task."""

from __future__ import annotations

from collections.abc import Sequence

from reports.charts import Dot
from reports.markup import Html
from reports.predictions import CROSSED, DIFFERING, REBALANCED, Knower
from reports.queries import Answer
from reports.sections.advantage_figures import ENDS, FAIR, dot, figure, versus
from reports.study import Series, Study
from reports.words import Row, detail, plain

KEPT = {
    CROSSED: "all items",
    DIFFERING: "only where the two differ",
    REBALANCED: "rebalanced answers",
}


def crossed_controls(study: Study, dataset: str, found: Sequence[Knower]) -> Html | None:
    """Return the crossed form on parts of the items."""
    micro = [name.replace("macro", "micro") for name in KEPT]
    answer = study.ask("predictions", dataset=dataset, metrics=[*KEPT, *micro])
    pairs: dict[tuple[str, str, str, str], dict[str, Row]] = {}
    for row in answer.rows:
        if row["metric"] in KEPT:
            key = (*_pair(study, row), *_in_their_stead(study, row))
            pairs.setdefault(key, {})[row["metric"]] = row
    known = {key: own for key, own in pairs.items() if own.get(CROSSED)}
    if not known:
        return None
    order = [knower.series.label for knower in found]
    ranked = sorted(known.items(), key=lambda pair: _place(order, pair[0]))
    made = {
        _named(key): [dot(name, FAIR, own[m]) for m, name in KEPT.items() if m in own]
        for key, own in ranked
    }
    what = (
        "Half the sum of how much better each of two models predicts itself than the other does, "
        "in points, mean over properties; rebalanced: no value is commoner in one model's answers "
        "than in the other's"
    )
    title = "The crossed form on parts of the items"
    return figure(study, dataset, "crossed", title, what, answer, made, (FAIR,))


def _pair(study: Study, row: Row) -> tuple[str, str]:
    first, second = study.series(row), study.series(row, "other_")
    return (first.label if first else "", second.label if second else "")


def _in_their_stead(study: Study, row: Row) -> tuple[str, str]:
    """Return who predicts the first model, and who the second, in the other one's stead."""
    told = detail(row)
    on_first, on_second = (
        study.model(told[name]).label if told.get(name) else ""
        for name in ("on_first", "on_second")
    )
    return on_first, on_second


def _place(order: Sequence[str], key: Sequence[str]) -> tuple[int, Sequence[str]]:
    places = [order.index(name) for name in key[:2] if name in order]
    return min(places, default=len(order)), key


def _named(key: tuple[str, str, str, str]) -> str:
    """Return the title of a pair, with who predicts the other one where it is not themselves."""
    first, second, on_first, on_second = key
    themselves = (on_first or second, on_second or first) == (second, first)
    return f"{first} and {second}" + (
        "" if themselves else f", on each other {on_second} and {on_first}"
    )


def by_task(study: Study, dataset: str, found: Sequence[Knower]) -> Html | None:
    """Return the advantages by task, None where there is one task."""
    answer = study.ask("task_predictions", dataset=dataset)
    if len({row["task"] for row in answer.rows}) < 2:
        return None
    made = {versus(knower): dots for knower in found if (dots := _tasks(knower, answer))}
    what = "Accuracy in predicting itself less that of the closest other model, in points, by task"
    title = "Advantage by task, trained on and held out"
    return figure(study, dataset, "tasks", title, what, answer, made, (HELD_OUT, TRAINED))


HELD_OUT = Series("task held out of its training", "var(--ink)", "circle")
TRAINED = Series("task of its training (other strings)", "var(--muted)", "square")


def _tasks(knower: Knower, answer: Answer) -> list[Dot]:
    rows = [row for row in answer.rows
            if all(row[name] == knower.main.plain[name] for name in ENDS)]  # fmt: skip
    ranked = sorted(rows, key=lambda row: (row["trained_on"], -(row["estimate"] or 0), row["task"]))
    return [dot(plain(row["task"]), TRAINED if row["trained_on"] else HELD_OUT, row)
            for row in ranked]  # fmt: skip
