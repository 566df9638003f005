"""How well: accuracy by concept under every reading, with the log-probability margin."""

from __future__ import annotations

from reports.markup import Html, join, tag
from reports.sections.parts import (
    best_baselines,
    by_reading,
    by_value,
    command,
    concepts_only,
    dot_figure,
    doubts,
    empty,
    per_gradable,
)
from reports.study import Study
from reports.tables import table
from reports.words import detail, p_text, percent, plain, with_interval

TITLE = "How well, and does the way of asking matter?"


def body(study: Study) -> Html | None:
    """Return the accuracy of every question set."""
    return per_gradable(study, _part)


def _part(study: Study, dataset: str) -> Html:
    answer = concepts_only(study.estimates(dataset, "accuracy"))
    if not answer.rows:
        return empty("No accuracy yet.", command("analyze", "quantify", "--questions", dataset))
    main = study.main_reading(dataset)
    order = by_value([row for row in answer.rows if row["reading"] == main])
    order += [concept for concept in by_value(answer.rows) if concept not in order]
    return join(
        _readings(study, dataset, order),
        _margin(study, dataset, order),
        _macro(study, dataset),
    )


def _readings(study: Study, dataset: str, order: list[str]) -> Html:
    answer = concepts_only(study.estimates(dataset, "accuracy"))
    best = best_baselines(study, dataset)
    panels = by_reading(study, answer.rows, order, baselines=best)
    notes = [*_excluded(answer.rows), *doubts(answer.rows)]
    title = "Accuracy under each reading of the same questions"
    return dot_figure(study, "accuracy", title, "Share right", dataset, answer, panels, notes)


def _excluded(rows: list[dict[str, object]]) -> list[str]:
    left_out = {
        plain(row["concept"]): n  # type: ignore[arg-type]
        for row in rows
        if (n := detail(row).get("excluded_identical_options"))
    }
    if not left_out:
        return []
    listed = ", ".join(f"{concept} ({n})" for concept, n in sorted(left_out.items()))
    return [f"Left out because both options are the same text: {listed}."]


def _margin(study: Study, dataset: str, order: list[str]) -> Html | None:
    answer = concepts_only(study.estimates(dataset, "margin"))
    if not answer.rows:
        return None
    panels = by_reading(study, answer.rows, order, unit="nats", null_label="no preference")
    what = "Log-probability of the right option less the best wrong one (cloze: per character)"
    title = "How strongly the right option is preferred"
    return dot_figure(study, "margin", title, what, dataset, answer, panels)


def _macro(study: Study, dataset: str) -> Html | None:
    rows = study.estimates(dataset, "macro_accuracy").rows
    if not rows:
        return None
    shown = [
        {
            "model": series.label,
            "reading": row["reading"],
            "mean accuracy": with_interval(row, "share"),
            "chance": None if row["null_value"] is None else percent(row["null_value"]),
            "p": p_text(row["p_value"]),
            "questions": row["n"],
            "clusters": row["n_clusters"],
            "concepts": len(detail(row).get("concepts", [])) or None,
        }
        for row in rows
        if (series := study.series(row))
    ]
    caption = "Mean over concepts, each weighing the same; harm is never averaged in"
    return tag("div", table(shown, caption=caption), class_="block")
