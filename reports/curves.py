"""Vega-Lite specifications of curves with intervals, bands and named reference lines.

As in `charts`, no text from rows enters a specification but as a value that a text mark prints,
and colours are CSS variables. Numbers stand in lists, a list a curve, so that pages stay small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import altair as alt

from reports.apart import apart
from reports.study import SHAPES

MUTED = "var(--muted)"
NAME_SIZE = 10
# Pixels between two names in the margin.
NAME_GAP = 11.5
# Points of longer curves are drawn smaller.
DENSE = 20
BAND_OPACITY = 0.14

Dash = Literal["solid", "long", "dashed", "dotted", "mixed", "wide"]
DASHES: dict[Dash, tuple[float, ...]] = {
    "solid": (1, 0), "long": (8, 3), "dashed": (4, 3), "dotted": (1.5, 2.5),
    "mixed": (7, 2, 1.5, 2), "wide": (2, 6),
}  # fmt: skip

Values = Sequence[float | None]


@dataclass(frozen=True)
class Curve:
    """A curve over x; one without `shape` is drawn without points and intervals."""

    x: Sequence[float]
    value: Values
    low: Values
    high: Values
    colour: str
    shape: str | None = None
    dash: Dash = "solid"
    name: str = ""


@dataclass(frozen=True)
class Band:
    """A shaded band over x, named at the upper end of its right side."""

    x: Sequence[float]
    low: Values
    high: Values
    colour: str = MUTED
    name: str = ""


@dataclass(frozen=True)
class Line:
    """A horizontal reference line with its name."""

    value: float
    name: str
    dash: Dash = "solid"
    colour: str = MUTED


@dataclass(frozen=True)
class Axes:
    """The frame that panels share: ranges of x and y, what x is, and the height in pixels.

    Where `x_ticks` are given, x is logarithmic and they are all its ticks.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    x_title: str
    x_format: str = "d"
    y_format: str = "~g"
    height: int = 150
    x_ticks: tuple[float, ...] = ()


@dataclass(frozen=True)
class Form:
    """All that a specification depends on; it holds no text from rows."""

    palette: tuple[str, ...]
    axes: Axes
    bands: bool
    points: bool
    names: bool
    dense: bool


def curves(
    curves: Sequence[Curve], bands: Sequence[Band], lines: Sequence[Line], axes: Axes
) -> dict[str, Any]:
    """Return the specification of one chart."""
    colours = [*(c.colour for c in curves), *(b.colour for b in bands), *(r.colour for r in lines)]
    palette = tuple(dict.fromkeys(colours))
    names = _names(curves, bands, lines, axes, palette)
    points, dense = any(c.shape for c in curves), any(len(c.x) > DENSE for c in curves)
    form = Form(palette, axes, bool(bands), points, bool(names), dense)
    datasets: dict[str, Any] = {
        "curves": [_curve(i, curve, palette) for i, curve in enumerate(curves)],
        "lines": [
            {"k": _key(palette, line.colour), "d": line.dash, "y": _short(line.value)}
            for line in lines
        ],
    }
    if bands:
        datasets["bands"] = [_band(i, band, palette) for i, band in enumerate(bands)]
    if names:
        datasets["names"] = names
    return _specification(form) | {"datasets": datasets}


def _curve(number: int, curve: Curve, palette: Sequence[str]) -> dict[str, Any]:
    return {
        "c": f"c{number}", "k": _key(palette, curve.colour), "d": curve.dash,
        "m": curve.shape, "x": _shortened(curve.x), "v": _shortened(curve.value),
        "l": _shortened(curve.low), "h": _shortened(curve.high),
    }  # fmt: skip


def _band(number: int, band: Band, palette: Sequence[str]) -> dict[str, Any]:
    return {
        "c": f"b{number}", "k": _key(palette, band.colour), "x": _shortened(band.x),
        "l": _shortened(band.low), "h": _shortened(band.high),
    }  # fmt: skip


def _key(palette: Sequence[str], colour: str) -> str:
    return f"k{palette.index(colour)}"


def _shortened(values: Values) -> list[float | None]:
    # Vega fills lists that are too short with nulls.
    return [] if all(value is None for value in values) else [_short(value) for value in values]


def _short(value: float | None) -> float | None:
    """Return four significant digits, more than a chart can show."""
    return None if value is None else float(f"{value:.4g}")


def _names(
    curves: Sequence[Curve], bands: Sequence[Band], lines: Sequence[Line], axes: Axes,
    palette: Sequence[str],
) -> list[dict[str, Any]]:  # fmt: skip
    """Return the names in the right margin, moved apart where they would meet."""
    at = [(line.value, line.name, line.colour) for line in lines]
    at += [(curve.value[-1] or 0.0, curve.name, curve.colour) for curve in curves]
    at += [(band.high[-1] or 0.0, band.name, band.colour) for band in bands]
    named = sorted(entry for entry in at if entry[1])
    low, high = axes.y
    gap = NAME_GAP / axes.height * (high - low)
    places = apart([min(max(value, low), high) for value, _, _ in named], gap, low, high)
    return [
        {"y": _short(place), "k": _key(palette, colour), "text": name}
        for place, (_, name, colour) in zip(places, named, strict=True)
    ]


@cache
def _specification(form: Form) -> dict[str, Any]:
    layers = [
        *([_shade(form)] if form.bands else []),
        _references(form),
        *([_intervals(form)] if form.points else []),
        _paths(form),
        *([_points(form)] if form.points else []),
        *([_margin(form)] if form.names else []),
    ]
    chart = alt.layer(*layers, data=alt.NamedData("curves"))
    spec = chart.properties(width="container", height=form.axes.height).to_dict()
    spec["padding"] = {"left": 0, "top": 6, "bottom": 0, "right": 4}
    del spec["config"], spec["$schema"]
    return spec


def _x(form: Form) -> alt.X:
    axis = alt.Axis(
        title=form.axes.x_title, format=form.axes.x_format, grid=False, tickCount=6, tickMinStep=1
        if form.axes.x_format.endswith("d") else 0.1, labelPadding=4, titlePadding=2,
        titleFontSize=11, titleFontWeight="normal", titleColor=MUTED,
    )  # fmt: skip
    scale = alt.Scale(domain=list(form.axes.x), nice=False, padding=5)
    if form.axes.x_ticks:
        axis.values, scale.type = list(form.axes.x_ticks), "log"
    return alt.X("x:Q", axis=axis, scale=scale)


def _y(form: Form, field: str) -> alt.Y:
    axis = alt.Axis(
        title=None, format=form.axes.y_format, grid=True, gridColor="var(--line)", tickCount=5,
        labelPadding=5, labelColor=MUTED, labelFontSize=11,
    )  # fmt: skip
    return alt.Y(f"{field}:Q", axis=axis, scale=alt.Scale(domain=list(form.axes.y), nice=False))


def _colour(form: Form) -> alt.Color:
    keys = [f"k{i}" for i in range(len(form.palette))]
    scale = alt.Scale(domain=keys, range=list(form.palette))
    return alt.Color("k:N", sort=None, legend=None, scale=scale)


def _dash() -> alt.StrokeDash:
    scale = alt.Scale(domain=list(DASHES), range=[list(dash) for dash in DASHES.values()])
    return alt.StrokeDash("d:N", sort=None, legend=None, scale=scale)


def _shade(form: Form) -> alt.Chart:
    mark: alt.Chart = alt.Chart(alt.NamedData("bands")).mark_area(opacity=BAND_OPACITY)
    place: dict[str, Any] = {"x": _x(form), "y": _y(form, "l"), "y2": "h", "detail": "c:N"}
    return mark.transform_flatten(["x", "l", "h"]).encode(**place, color=_colour(form))


def _references(form: Form) -> alt.Chart:
    mark: alt.Chart = alt.Chart(alt.NamedData("lines")).mark_rule(strokeWidth=1.1, opacity=0.9)
    return mark.encode(y=_y(form, "y"), color=_colour(form), strokeDash=_dash())


def _paths(form: Form) -> alt.Chart:
    mark: alt.Chart = alt.Chart().mark_line(strokeWidth=1.6)
    place: dict[str, Any] = {"x": _x(form), "y": _y(form, "v"), "detail": "c:N"}
    return _flat(mark).encode(**place, color=_colour(form), strokeDash=_dash())


def _intervals(form: Form) -> alt.Chart:
    mark: alt.Chart = _with_points(
        alt.Chart().mark_rule(strokeWidth=0.8 if form.dense else 1.3, opacity=0.7)
    )
    return mark.encode(x=_x(form), y=_y(form, "l"), y2="h", color=_colour(form))


def _points(form: Form) -> alt.Chart:
    scale = alt.Scale(domain=list(SHAPES), range=list(SHAPES))
    mark = _with_points(
        alt.Chart().mark_point(filled=True, size=9 if form.dense else 26, opacity=1)
    )
    shape = alt.Shape("m:N", sort=None, legend=None, scale=scale)
    return mark.encode(x=_x(form), y=_y(form, "v"), color=_colour(form), shape=shape)


def _with_points(chart: alt.Chart) -> alt.Chart:
    return _flat(chart.transform_filter(alt.FieldOneOfPredicate(field="m", oneOf=list(SHAPES))))


def _flat(chart: alt.Chart) -> alt.Chart:
    flat: alt.Chart = chart.transform_flatten(["x", "v", "l", "h"])
    return flat


def _margin(form: Form) -> alt.Chart:
    """Return the names right of the plot; page.js leaves them out where there is no room."""
    mark: alt.Chart = alt.Chart(alt.NamedData("names")).mark_text(
        align="left", dx=6, fontSize=NAME_SIZE, limit=96
    )
    place: dict[str, Any] = {"x": alt.value("width"), "y": _y(form, "y")}
    return mark.encode(**place, text="text:N", color=_colour(form)).properties(name="margin")
