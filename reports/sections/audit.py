"""What is wrong with the questions or the results: findings of the audits, with an example."""

from __future__ import annotations

from typing import Any

from console import plural
from reports.figures import behind, fold
from reports.markup import Html, join, tag
from reports.sections.parts import command, empty, per, slug
from reports.study import Study
from reports.tables import present, table
from reports.words import plain, sentence_list

TITLE = "What is wrong with the questions?"

MARKS = {"error": "✕ error", "warning": "! warning", "info": "i info"}
SERIOUS = ("error", "warning")
EXAMPLE_LENGTH = 240


def body(study: Study) -> Html | None:
    """Return the audit of every question set."""
    return per(study, study.all_datasets, _part)


def _part(study: Study, dataset: str) -> Html:
    answer = study.ask("audits", dataset=dataset)
    if not answer.rows:
        return empty("No audit finding is stored for these questions.", command("ingest", dataset))
    serious = [_line(row) for row in answer.rows if row["severity"] in SERIOUS]
    quiet = [_line(row) for row in answer.rows if row["severity"] not in SERIOUS]
    return join(
        tag("p", _summary(answer.rows)),
        _audit_table(serious, "Findings, the most serious first") if serious else None,
        fold(
            plural(len(quiet), "check") + " without a fault", _audit_table(quiet, "For the record")
        )
        if quiet
        else None,
        behind(f"audit-{slug(study, dataset)}", answer),
    )


def _audit_table(rows: list[dict[str, Any]], caption: str) -> Html:
    return tag("div", table(present(rows), caption=caption), class_="block tall")


def _summary(rows: list[dict[str, Any]]) -> str:
    checks = plural(len(rows), "check")
    counts = {level: sum(row["severity"] == level for row in rows) for level in SERIOUS}
    found = [plural(count, level) for level, count in counts.items() if count]
    return f"{sentence_list(found)} in {checks}." if found else f"{checks} found no fault."


def _line(row: dict[str, Any]) -> dict[str, Any]:
    severity = row["severity"]
    return {
        "severity": tag("span", MARKS.get(severity, severity), class_=f"mark {_class(severity)}"),
        "finding": tag("span", plain(row["audit"]), class_="name"),
        "concept": "all" if row["concept"] == "*" else plain(row["concept"]),
        "rows": row["count"],
        "of": row["total"],
        "what it means": row["detail"],
        "example": _example(row["example"]),
    }


def _example(text: str | None) -> Html | None:
    return None if text is None else tag("span", shorten(text), class_="example", dir="auto")


def _class(severity: str) -> str:
    return severity if severity in MARKS else "info"


def shorten(text: str | None) -> str | None:
    """Return a text cut to what a table cell can hold, saying how much was cut."""
    if text is None or len(text) <= EXAMPLE_LENGTH:
        return text
    return f"{text[:EXAMPLE_LENGTH]} … ({len(text) - EXAMPLE_LENGTH:,} more characters)"
