"""The answer in words: every model that was asked, with its accuracy and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console import plural
from reports.markup import Html, join, tag
from reports.sections.parts import reasons
from reports.study import READINGS, Series, Study
from reports.verdicts import doubted, verdict
from reports.words import Row, p_text, percent, plain, sentence_list, with_interval

# More models than this get a line each, so that the chart stays above the fold.
FULL_TEXT = 2
# Shares closer than this are said as one range.
SAME = 0.005


@dataclass(frozen=True)
class Told:
    """A series with the reading that it is judged by (None without any) and its accuracies."""

    series: Series
    reading: str | None
    rows: list[Row]


def told(study: Study, dataset: str, main: str) -> list[Told]:
    """Return all who answered the question set, each under the main reading or the one it has."""
    subjects = study.ask("subjects").rows
    asked = [row for row in subjects if row["answered"] and row["dataset"] == dataset]
    rows = [row for row in study.estimates(dataset, "accuracy").rows if row["concept"]]
    return [_told(s, [r for r in rows if study.series(r) == s], main)
            for s in study.all_series(asked)]  # fmt: skip


def _told(series: Series, rows: list[Row], main: str) -> Told:
    estimated = {row["reading"] for row in rows if row["estimate"] is not None}
    reading = next((r for r in (main, *READINGS) if r in estimated), None)
    own = [row for row in rows if reading is None or row["reading"] == reading]
    return Told(series, reading, own)


def headline(models: Sequence[Told], main: str) -> Html:
    """Return a paragraph a model for one or two models, a line a model beyond."""
    if len(models) <= FULL_TEXT:
        body = join(*(tag("p", *_paragraph(model)) for model in models))
    else:
        body = tag("ul", *(tag("li", *_line(model)) for model in models), class_="models")
    return tag("div", body, _read_otherwise(models, main), class_="said")


def _read_otherwise(models: Sequence[Told], main: str) -> Html | None:
    names = [f"{m.series.label} ({m.reading})" for m in models if m.reading not in (main, None)]
    if not names:
        return None
    return tag(
        "p",
        f"The chart shows the {main} reading; the answers of {sentence_list(names)} were read "
        "otherwise and are drawn in the next section.",
    )


def _groups(rows: Sequence[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {"above": [], "below": [], "none": [], "unknown": []}
    for row in sorted(rows, key=lambda r: -(r["estimate"] or 0)):
        groups[verdict(row)].append(row)
    return groups


def _paragraph(model: Told) -> list[Html | str]:
    name, rows = tag("strong", model.series.label), model.rows
    if model.reading is None:
        return [name, _without(rows)]
    groups = _groups(rows)
    return [
        name, " ", _above(groups["above"], rows, model.reading), _below(groups["below"]),
        _none(groups["none"], rows), _unknown(groups["unknown"]), _doubted(rows), _missing(rows),
    ]  # fmt: skip


def _line(model: Told) -> list[Html | str]:
    name, rows = tag("strong", model.series.label), model.rows
    if model.reading is None:
        return [name, _without(rows)]
    groups = _groups(rows)
    parts = [
        f"{said} {len(own)}" + (f" of {plural(len(rows), 'concept')}" * (side == "above"))
        + (f" ({_range(own)})" if own else "")
        for side, said in SIDES.items()
        if (own := groups[side]) or side == "above"
    ]  # fmt: skip
    return [name, f" ({model.reading} reading): {', '.join(parts)}. ", _missing(rows)]


SIDES = {
    "above": "above chance in",
    "none": "chance not excluded in",
    "below": "below chance in",
    "unknown": "no test in",
}


def _without(rows: Sequence[Row]) -> Html:
    return join(" has no accuracy here.", *(join(" ", reason) for reason in reasons(rows)))


def _above(rows: Sequence[Row], own: Sequence[Row], reading: str) -> str:
    how = f"({reading} reading)"
    if len(own) == 1:
        only = plain(own[0]["concept"])
        is_above = f"is above chance in {only} {how}, {_said(own[0])}. "
        return is_above if rows else f"is not above chance in {only} {how}. "
    if not rows:
        return f"is above chance in none of {len(own)} concepts {how}. "
    if len(rows) == len(own):
        return f"is above chance in all {len(own)} concepts {how}, {_range(rows)}. "
    return f"is above chance in {len(rows)} of {len(own)} concepts {how}: {_extent(rows)}. "


def _extent(rows: Sequence[Row]) -> str:
    # The rows fall; within half a point of each other, their ends say nothing.
    if len(rows) > 1 and rows[0]["estimate"] - rows[-1]["estimate"] < SAME:
        return _alike(rows)
    ends = [rows[0]] if len(rows) == 1 else [rows[0], rows[-1]]
    reach = " to ".join(f"{_said(row)} in {plain(row['concept'])}" for row in reversed(ends))
    names = "" if len(rows) < 3 else f", with {_names(rows[1:-1])} between"
    return f"from {reach}{names}" if len(rows) > 1 else reach


def _alike(rows: Sequence[Row]) -> str:
    share = f"{_names(rows)}, {_range(rows)}"
    bounds = [row["ci_low"] for row in rows]
    if None in bounds:
        return share
    return f"{share}, each with a lower bound of {percent(min(bounds))} or more"


def _said(row: Row) -> str:
    return with_interval(row, "share")


def _names(rows: Sequence[Row], last: str = "and") -> str:
    return sentence_list([plain(row["concept"]) for row in rows], last)


def _below(rows: Sequence[Row]) -> str:
    return f"It is below chance in {_names(rows)} ({_range(rows)}). " if rows else ""


def _none(rows: Sequence[Row], own: Sequence[Row]) -> str:
    if not rows:
        return ""
    unsure = f"told apart from {_chance(rows)}, adjusted p {_least(rows)}"
    values = _said(rows[0]) if len(rows) == 1 else _range(rows)
    if len(rows) == len(own):
        return f"It scores {values}, {'nowhere' if len(own) > 1 else 'not'} {unsure}. "
    return f"No evidence that it knows {_names(rows, 'or')} ({values}): not {unsure}. "


def _least(rows: Sequence[Row]) -> str:
    least = min(row["p_adjusted"] for row in rows)
    return p_text(least) if len(rows) == 1 or least > 0.9995 else f"{p_text(least)} or more"


def _range(rows: Sequence[Row]) -> str:
    values = [row["estimate"] for row in rows if row["estimate"] is not None]
    if not values:
        return "no estimate"
    low, high = percent(min(values)), percent(max(values))
    return low if low == high else f"{low} to {high}"


def _chance(rows: Sequence[Row]) -> str:
    chances = {row["null_value"] for row in rows}
    return f"chance ({percent(chances.pop())})" if len(chances) == 1 else "chance"


def _unknown(rows: Sequence[Row]) -> str:
    return f"No test for {_names(rows)} ({_range(rows)}). " if rows else ""


def _doubted(rows: Sequence[Row]) -> str:
    near = [row for row in rows if doubted(row)]
    if not near:
        return ""
    return (
        f"A rule that reads no meaning cannot be ruled out in {_names(near)}: its score reaches "
        "the model's interval or comes within two points of its accuracy. "
    )


def _missing(rows: Sequence[Row]) -> str:
    missing = sum(row["n_missing"] or 0 for row in rows)
    asked = missing + sum(row["n"] or 0 for row in rows)
    if not missing:
        return ""
    return f"Not counted: {missing:,} of {plural(asked, 'question')} without a readable answer. "
