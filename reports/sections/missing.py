"""What is missing: how requests ended and how far missing answers could move each estimate."""

from __future__ import annotations

from typing import Any

from reports.figures import behind
from reports.markup import Html, join, tag
from reports.sections.parts import asking, empty, per_dataset
from reports.study import Study
from reports.tables import table
from reports.words import percent, plain

TITLE = "What is missing?"


def body(study: Study) -> Html | None:
    """Return statuses and bounds for every question set."""
    return per_dataset(study, _part)


def _part(study: Study, dataset: str) -> Html:
    statuses = study.ask("statuses", dataset=dataset)
    if not statuses.rows:
        return empty(
            "No response is stored for these questions, only results.",
            asking(study, dataset),
        )
    return join(
        tag("div", table(_ended(statuses.rows), caption="How the requests ended"), class_="block"),
        _bounds(study, dataset),
        behind("statuses", statuses),
    )


def _ended(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row a model and reading with a column a status that occurred."""
    statuses = sorted({row["status"] for row in rows}, key=lambda s: (s != "ok", s))
    table_rows: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = (row["model_id"], row["reading"])
        start = {"model": row["model"] or row["model_id"], "reading": row["reading"]}
        line = table_rows.setdefault(key, start | dict.fromkeys(statuses, 0))
        line[row["status"]] += row["requests"]
    return list(table_rows.values())


def _bounds(study: Study, dataset: str) -> Html:
    answer = study.estimates(
        dataset, "accuracy", "accuracy_if_missing_wrong", "accuracy_if_missing_right"
    )
    lines: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in answer.rows:
        key = (row["model_id"], row["condition_id"], row["reading"], row["concept"])
        lines.setdefault(key, {})[row["metric"]] = row
    # `quantify` writes bounds exactly where more than 1% is missing.
    affected = [line for line in lines.values() if "accuracy_if_missing_wrong" in line]
    if not affected:
        return tag("p", "In no concept are more than 1% of the answers missing.")
    rows = [_bound(study, line) for line in affected]
    caption = "Accuracy if every missing answer were wrong, and if every one were right"
    return tag("div", table(rows, caption=caption), class_="block")


def _bound(study: Study, line: dict[str, Any]) -> dict[str, Any]:
    row = line["accuracy"]
    series = study.series(row)
    return {
        "model": series.label if series else row["model_id"],
        "reading": row["reading"],
        "concept": plain(row["concept"]),
        "missing": row["n_missing"],
        "of those read": _share(row),
        "all wrong": _share(line.get("accuracy_if_missing_wrong")),
        "all right": _share(line.get("accuracy_if_missing_right")),
    }


def _share(row: dict[str, Any] | None) -> str | None:
    return None if row is None or row["estimate"] is None else percent(row["estimate"])
