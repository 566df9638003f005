"""Does pushing matter: dose-response beside random directions by the same step, and its costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reports.curves import BAND_OPACITY, MUTED, Axes, Band, Curve, Line, curves
from reports.figures import Drawing, Figure, behind, render
from reports.markup import Html, join
from reports.pushes import Push, pushes, varying
from reports.queries import Answer
from reports.sections.parts import distinct_text, interval_method, per, population, reasons, slug
from reports.sections.pushed import pushed_tables, pushed_text, said
from reports.study import Study
from reports.swatches import shade, symbol
from reports.words import Row, number, plain, sentence_list, with_interval

TITLE = "Does pushing on it change the answer?"

# More panels than this would be a wall; the table below holds every direction.
MOST_PANELS = 9

OUTCOMES = {
    "first_shift": "the option shown first over the other",
    "right_shift": "the right option over the wrong one",
}
STEPS = {
    "add": "dose (standard deviations)",
    "add_norm_matched": "dose (lengths of the state)",
    "scale": "factor",
}
# Edits that do nothing at dose 0.
FROM_ZERO = ("add", "add_norm_matched")
FAMILIES = {
    "isotropic": "isotropic",
    "covariance": "as states vary",
    "shuffled": "shuffled labels",
}


def body(study: Study) -> Html | None:
    """Return the dose-responses of every question set that was answered under steering."""
    return per(study, study.steered, _part)


def _part(study: Study, dataset: str) -> Html | None:
    answer, found = pushes(study, dataset)
    if not found:
        return None
    curved = [push for push in found if push.shifts]
    figure = _figure(study, dataset, answer, curved) if curved else None
    return join(
        pushed_text(study, dataset, found),
        figure or behind(f"steering-{slug(study, dataset)}", answer),
        pushed_tables(study, found),
    )


def _figure(study: Study, dataset: str, answer: Answer, found: Sequence[Push]) -> Html:
    shifts = [row for push in found for row in push.shifts.values()]
    subtitle = (
        f"Mean change, in nats, of the log-probability of {_outcomes(found)}; dose 0 is the model "
        f"left alone; {_shared(found)}{population(dataset, shifts, 'questions')}; "
        f"{interval_method(shifts)}. Shaded: where 95% of random directions stay at all doses "
        "together, by family. Every panel has a scale of its own."
    )
    panels = [_panel(push, varying(found)) for push in found[:MOST_PANELS]]
    key, title = f"steering-{slug(study, dataset)}", "Shift of the answer by dose"
    notes = _notes(found, answer.rows)
    return render(Figure(key, title, subtitle, panels, answer, notes, small=True))


def _shared(found: Sequence[Push]) -> str:
    """Return what all pushes share, for the subtitle."""
    told, differ = found[0].told, varying(found)
    said = {
        "concept": told["concept"],
        "reading": f"{told['reading']} reading",
        "edit": f"edit: {told['edit']}",
        "positions": f"position: {told['positions']}",
    }
    return "".join(f"{text}; " for name, text in said.items() if name not in differ)


def _outcomes(found: Sequence[Push]) -> str:
    """Return which option's margin was measured."""
    names = distinct_text([push.about["outcome"] or "" for push in found])
    return sentence_list([OUTCOMES.get(name, name) for name in names], "or")


def _notes(found: Sequence[Push], rows: Sequence[Row]) -> list[str]:
    notes = []
    if len(found) > MOST_PANELS:
        notes.append(f"Drawn are {MOST_PANELS} of {len(found)} directions, the surest first.")
    tested = [push for push in found if push.trend_p is not None]
    if len(tested) > 1:
        notes.append(f"The p values are not adjusted over the {len(tested)} directions tested.")
    # That all questions agree leaves no interval and needs no word.
    return [*notes, *reasons([row for row in rows if row["estimate"] is None])]


def _panel(push: Push, differ: Sequence[str]) -> Drawing:
    doses, rows = list(push.shifts), list(push.shifts.values())
    value, low, high = (
        dict(zip(doses, (row[name] for row in rows), strict=True))
        for name in ("estimate", "ci_low", "ci_high")
    )
    start = {0.0: 0.0} if push.about["edit"] in FROM_ZERO else {}
    curve = _curve(push, start | value, low, high)
    bands = [_band(name, {k: (v, v) for k, v in start.items()} | by_dose)
             for name, by_dose in push.bands.items()]  # fmt: skip
    lines = [Line(0.0, "no change")]
    series = [symbol(push.series)]
    marks = [shade(BAND_OPACITY * 2, "95% of random directions, by family")] if bands else []
    return Drawing(
        spec=curves([curve], bands, lines, _axes(push, curve, bands)),
        words=_words(push),
        rows=[{"dose": dose, "shift (nats)": with_interval(row, "nats")}
              for dose, row in push.shifts.items()],
        series=series, marks=marks, title=_title(push, differ), narrow=230,
    )  # fmt: skip


def _title(push: Push, differ: Sequence[str]) -> str:
    return " · ".join([push.name, push.place, *(push.told[name] for name in differ)])


def _curve(
    push: Push, value: dict[float, Any], low: dict[float, Any], high: dict[float, Any]
) -> Curve:
    x = sorted(value)
    return Curve(x, [value[d] for d in x], [low.get(d) for d in x], [high.get(d) for d in x],
                 push.series.colour, push.series.shape)  # fmt: skip


def _band(name: str, ends: dict[float, Sequence[float]]) -> Band:
    x = sorted(ends)
    return Band(x, [ends[d][0] for d in x], [ends[d][1] for d in x], MUTED,
                FAMILIES.get(name, plain(name)))  # fmt: skip


def _axes(push: Push, curve: Curve, bands: Sequence[Band]) -> Axes:
    drawn = [curve.value, curve.low, curve.high, *(end for b in bands for end in (b.low, b.high))]
    values = [0.0, *(v for part in drawn for v in part if v is not None)]
    low, high = min(values), max(values)
    room = 0.05 * ((high - low) or 1.0)
    return Axes(
        x=(min([0.0, *curve.x]), max([0.0, *curve.x])), y=(low - room, high + room),
        x_title=STEPS.get(push.about["edit"], "dose"), x_format="+~g", y_format="+.2~g", height=170,
    )  # fmt: skip


def _words(push: Push) -> str:
    by_dose = [f"{_dose(dose)}: {with_interval(row, 'nats')}" for dose, row in push.shifts.items()]
    widest = [
        f"{FAMILIES.get(name, plain(name))} {_extent(list(ends.values()))}"
        for name, ends in push.bands.items()
    ]
    beside = f" Random directions: {sentence_list(widest)}." if widest else ""
    return f"{push.name} {said(push)}; by dose, in nats: {', '.join(by_dose)}.{beside}"


def _extent(ends: Sequence[Sequence[float]]) -> str:
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    return f"{number(low, 'nats')} to {number(high, 'nats')}"


def _dose(dose: float) -> str:
    return f"{dose:+g}".replace("-", "\u2212")
