"""Abstention apart from error: saying "I do not know", refusing, and being unreadable."""

from __future__ import annotations

from reports.markup import Html
from reports.sections.parts import (
    asking,
    by_value,
    concepts_only,
    dot_figure,
    empty,
    panel,
    per_gradable,
)
from reports.study import Study

TITLE = "Does it abstain, and when it should?"

METRICS = {
    "abstention_rate": "Chose “I do not know”",
    "over_abstention_rate": "Chose “I do not know” where it is wrong",
    "refusal_rate": "Refused",
    "unparseable_rate": "Reply could not be read",
}


def body(study: Study) -> Html | None:
    """Return the abstention rates of every question set."""
    return per_gradable(study, _part)


def _part(study: Study, dataset: str) -> Html:
    answer = concepts_only(study.estimates(dataset, *METRICS))
    if not any(row["estimate"] is not None for row in answer.rows):
        return empty(
            "No question here has an option that abstains and no free reply was read, so "
            "abstention cannot be told from error.",
            asking(study, dataset, "--reading", "text"),
        )
    panels = []
    for metric, title in METRICS.items():
        for reading in ("letter", "cloze", "text"):
            rows = [
                row
                for row in answer.rows
                if row["metric"] == metric
                and row["reading"] == reading
                and row["estimate"] is not None
            ]
            if rows and any(row["estimate"] > 0 for row in rows):
                panels.append(panel(study, rows, by_value(rows), title=f"{title} ({reading})"))
    notes = _zeros(answer.rows)
    return dot_figure(
        study, "abstention", "Abstention, refusal and unreadable replies",
        "Share of questions", dataset, answer, panels, notes,
    )  # fmt: skip


def _zeros(rows: list[dict[str, object]]) -> list[str]:
    never = [
        name
        for metric, name in METRICS.items()
        if (own := [row["estimate"] for row in rows if row["metric"] == metric]) and not any(own)
    ]
    return [f"Never seen in any concept: {'; '.join(never)}."] if never else []
