"""Vega-Lite specifications, made by Altair, of the one chart form of the report: dots with bars.

No text from rows enters a specification but as a value of a field that a text mark prints:
Vega-Lite writes the literals of domains and sort orders into expressions, so rows and series
go by made-up keys (`r0`, `s0`). Colours are CSS variables, so that light, dark and print need
no second rendering.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import altair as alt

from reports.study import Series
from reports.words import Unit

ROW = 23
SERIES_STEP = 14
# Numbers of more series than this would run into each other.
MOST_NUMBERED = 4
INK, MUTED, PAPER = "var(--ink)", "var(--muted)", "var(--paper)"

# A zero has no sign.
SIGNED = "datum.value ? format(datum.value, '{}') : '0'"
AXES: dict[Unit, dict[str, Any]] = {
    "share": {"format": ".0%", "tickCount": 5},
    "points": {"labelExpr": SIGNED.format("+.0f"), "tickCount": 5},
    "nats": {"labelExpr": SIGNED.format("+.2~g"), "tickCount": 4},
    "number": {"format": "~g", "tickCount": 4},
}


@dataclass(frozen=True)
class Dot:
    """One estimate to draw; `text` is printed in the column on the right."""

    row: str
    series: str
    value: float | None
    low: float | None
    high: float | None
    text: str
    null: float | None = None
    baseline: float | None = None


@dataclass(frozen=True)
class Look:
    """How a set of dots is drawn: the order of rows, the series, the unit and the marks' names.

    Series named in `hollow` are drawn as outlines. Charts of one `extent` share their scale.
    """

    order: Sequence[str]
    series: Sequence[Series]
    unit: Unit = "share"
    null_label: str = "chance"
    baseline_label: str = "best shortcut (surface baseline)"
    hollow: frozenset[str] = frozenset()
    extent: tuple[float, float] | None = None


@dataclass(frozen=True)
class Form:
    """All that a specification depends on; it holds no text from rows."""

    rows: int
    marks: tuple[tuple[str, str], ...]
    hollow: tuple[bool, ...]
    extent: tuple[float, ...] | None
    unit: Unit
    null: bool
    null_label: str | None
    baseline: bool
    # Whether some row has points of several series, which then stand below each other.
    apart: bool

    @property
    def step(self) -> int:
        """Return the height of one row in pixels."""
        return max(ROW, SERIES_STEP * (len(self.marks) if self.apart else 1) + 5)


def dots(points: Sequence[Dot], look: Look) -> dict[str, Any]:
    """Return the specification of points with interval bars and their reference marks."""
    return _specification(_form(points, look)) | {"datasets": {"rows": _records(points, look)}}


def _form(points: Sequence[Dot], look: Look) -> Form:
    nulls = {point.null for point in points if point.null is not None}
    return Form(
        rows=len(look.order),
        marks=tuple((s.colour, s.shape) for s in look.series),
        hollow=tuple(s.label in look.hollow for s in look.series),
        extent=look.extent and tuple(round(end * _scale(look), 3) for end in look.extent),
        unit=look.unit,
        null=bool(nulls),
        # The line is named above it only where all rows share the line.
        null_label=look.null_label if len(nulls) == 1 else None,
        baseline=any(point.baseline is not None for point in points),
        apart=len(points) > len({point.row for point in points}),
    )


@cache
def _specification(form: Form) -> dict[str, Any]:
    layers = [_names(form), *_references(form), _bars(form), _points(form), *_margin(form)]
    chart = alt.layer(*layers, data=alt.NamedData("rows"))
    spec = chart.properties(width="container", height=form.step * form.rows).to_dict()
    spec["padding"] = {"left": 0, "top": 16, "bottom": 0, "right": 8}
    # Altair's defaults are set once for all charts by the page.
    del spec["config"], spec["$schema"]
    return spec


def _scale(look: Look) -> int:
    return 100 if look.unit == "points" else 1


def _records(points: Sequence[Dot], look: Look) -> list[dict[str, Any]]:
    rows = {name: f"r{i}" for i, name in enumerate(look.order)}
    series = {s.label: f"s{i}" for i, s in enumerate(look.series)}
    scale = _scale(look)
    labelled: set[str] = set()
    records = []
    for point in sorted(points, key=lambda p: look.order.index(p.row)):
        record = {"row": rows[point.row], "series": series[point.series], "text": point.text}
        record["label"] = "" if point.row in labelled else point.row
        labelled.add(point.row)
        records.append(record | _numbers(point, scale))
    return records


def _numbers(point: Dot, scale: int) -> dict[str, Any]:
    names = ("value", "low", "high", "null", "baseline")
    values = {name: getattr(point, name) for name in names}
    return {name: v if v is None else round(v * scale, 6) for name, v in values.items()}


def _x(form: Form, field: str = "value") -> alt.X:
    axis = alt.Axis(**AXES[form.unit], title=None, labelSeparation=6)
    return alt.X(f"{field}:Q", axis=axis, scale=_domain(form))


def _domain(form: Form) -> alt.Scale:
    if form.extent:
        return alt.Scale(domain=list(form.extent), nice=True)
    return alt.Scale(domain=[0, 1]) if form.unit == "share" else alt.Scale(nice=True, zero=True)


def _y(form: Form) -> dict[str, Any]:
    keys = [f"r{i}" for i in range(form.rows)]
    scale = alt.Scale(domain=keys, paddingInner=0, paddingOuter=0)
    return {"y": alt.Y("row:N", sort=None, axis=None, scale=scale)}


def _keys(form: Form) -> list[str]:
    return [f"s{i}" for i in range(len(form.marks))]


def _offset(form: Form) -> dict[str, Any]:
    if not form.apart:
        return {}
    scale = alt.Scale(domain=_keys(form), paddingOuter=0.35)
    return {"yOffset": alt.YOffset("series:N", sort=None, scale=scale)}


def _colour_scale(form: Form) -> alt.Scale:
    return alt.Scale(domain=_keys(form), range=[colour for colour, _ in form.marks])


def _colour(form: Form) -> alt.Color:
    return alt.Color("series:N", sort=None, legend=None, scale=_colour_scale(form))


def _shape(form: Form) -> alt.Shape:
    scale = alt.Scale(domain=_keys(form), range=[shape for _, shape in form.marks])
    return alt.Shape("series:N", sort=None, legend=None, scale=scale)


def _names(form: Form) -> alt.Chart:
    """Return the names of the rows, left of the plot."""
    mark: alt.Chart = alt.Chart().mark_text(align="right", dx=-10, fontSize=12, limit=170)
    return mark.encode(x=alt.value(0), **_y(form), text="label:N", color=alt.value(INK))


def _bars(form: Form) -> alt.Chart:
    place = {"x": _x(form, "low"), "x2": "high", **_y(form), **_offset(form)}
    bar: alt.Chart = alt.Chart().mark_rule(strokeWidth=2, opacity=0.75)
    return bar.encode(**place, color=_colour(form))


def _points(form: Form) -> alt.Chart:
    place = {"x": _x(form), **_y(form), **_offset(form), "shape": _shape(form)}
    if not any(form.hollow):
        point: alt.Chart = alt.Chart().mark_point(filled=True, size=62, opacity=1)
        return point.encode(**place, color=_colour(form))
    # Filled with the page's colour, so that an outline is not crossed by its own interval.
    inside = [PAPER if hollow else colour
              for hollow, (colour, _) in zip(form.hollow, form.marks, strict=True)]  # fmt: skip
    fill = alt.Scale(domain=_keys(form), range=inside)
    outlined: alt.Chart = alt.Chart().mark_point(size=55, strokeWidth=1.8, opacity=1)
    return outlined.encode(
        **place,
        stroke=alt.Stroke("series:N", sort=None, legend=None, scale=_colour_scale(form)),
        fill=alt.Fill("series:N", sort=None, legend=None, scale=fill),
    )


def _references(form: Form) -> list[alt.Chart]:
    """Return the marks that estimates are compared with; one a row, however many series."""
    layers = []
    if form.null:
        line = alt.Chart().mark_tick(thickness=1.5, size=form.step, color=MUTED, opacity=1)
        layers.append(line.encode(x=_x(form, "null").aggregate("max"), **_y(form)))
    if form.null_label:
        name = alt.Chart().mark_text(dy=-8, fontSize=11, color=MUTED, text=form.null_label)
        layers.append(name.encode(x=_x(form, "null").aggregate("max"), y=alt.value(0)))
    if form.baseline:
        diamond = alt.Chart().mark_point(
            shape="diamond", size=80, filled=False, strokeWidth=1.5, color=MUTED, opacity=1
        )
        layers.append(diamond.encode(x=_x(form, "baseline").aggregate("max"), **_y(form)))
    return layers


def _margin(form: Form) -> list[alt.Chart]:
    """Return the numbers right of the plot, unless there are too many to tell apart."""
    if len(form.marks) > MOST_NUMBERED:
        return []
    place = {"x": alt.value("width"), **_y(form), **_offset(form)}
    size = 11 if form.apart else 12
    mark: alt.Chart = alt.Chart().mark_text(align="left", dx=10, fontSize=size, limit=160)
    numbers = mark.encode(**place, text="text:N", color=alt.value(INK))
    return [numbers.properties(name="margin")]
