"""Could it be the order of the options: consistency across orders and position bias."""

from __future__ import annotations

from reports.markup import Html, join
from reports.sections.parts import (
    asking,
    by_reading,
    by_value,
    concepts_only,
    dot_figure,
    doubts,
    empty,
    per_gradable,
)
from reports.study import Study
from reports.words import Row, Unit

TITLE = "Could it be the order of the options?"


def body(study: Study) -> Html | None:
    """Return order consistency and position bias for every question set."""
    return per_gradable(study, _part)


def _part(study: Study, dataset: str) -> Html:
    parts = [_consistency(study, dataset), _bias(study, dataset)]
    return join(*parts) if any(parts) else _one_order(study, dataset)


def _one_order(study: Study, dataset: str) -> Html:
    readings = {row["reading"] for row in study.estimates(dataset, "accuracy").rows}
    if readings == {"cloze"}:
        why = "The cloze reading shows no options, so it says nothing about their order."
        return empty(why, asking(study, dataset, "--reading", "letter"))
    why = "The options were shown in one order only, so their order cannot be ruled out."
    return empty(why, asking(study, dataset))


def _consistency(study: Study, dataset: str) -> Html | None:
    answer = concepts_only(study.estimates(dataset, "order_consistency"))
    if not answer.rows:
        return None
    panels = by_reading(study, answer.rows, by_value(answer.rows))
    what = "Share of pairs of replies under different orders that agree, mean over questions"
    title = "Same choice whichever option comes first"
    notes = doubts(answer.rows)
    return dot_figure(study, "order", title, what, dataset, answer, panels, notes)


def _bias(study: Study, dataset: str) -> Html | None:
    answer = concepts_only(study.estimates(dataset, "position_bias"))
    if not answer.rows:
        return None
    unit = _unit(answer.rows)
    panels = by_reading(study, answer.rows, by_value(answer.rows), unit=unit, null_label="no bias")
    what = "Share of choices that fall on the option shown first"
    if unit == "points":
        what += ", minus the share without bias, in percentage points"
    title = "Preference for the first option"
    return dot_figure(study, "position", title, what, dataset, answer, panels)


def _unit(rows: list[dict[str, object]] | list[Row]) -> Unit:
    """A bias is a difference from none where the value under no effect is 0, else a share."""
    return "points" if any(row["null_value"] == 0 for row in rows) else "share"
