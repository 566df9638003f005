"""Vega-Lite specifications of heatmaps of shares: AUROC around one half, accuracy from zero.

Colours are the page's variables `--d0` … `--d19`, which are even steps in OKLab. Around one half a
step is 0.05 wide; from zero on the upper ten are used, each 0.1 wide. As in `charts`, no text
from rows enters a specification but as a value that a text mark prints.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import altair as alt

STEPS = [f"var(--d{i})" for i in range(20)]
FROM_ZERO = STEPS[10:]
# Values are drawn as thousandths, which need fewer characters.
BOUNDS = [50 * i for i in range(1, 20)]
BOUNDS_FROM_ZERO = [100 * i for i in range(1, 10)]
MUTED, INK, PAPER = "var(--muted)", "var(--ink)", "var(--paper)"
# Beyond this distance from one half, in thousandths, a shade is dark in light mode and light in
# dark mode, so a number on it takes the colour of the page.
STRONG = 300
STRONG_FROM_ZERO = 600
# Labels along an axis.
MOST_LABELS = 8

Values = Sequence[float | None]


@dataclass(frozen=True)
class HeadForm:
    """All that the map of heads depends on."""

    layers: tuple[int, ...]
    heads: int


def head_map(layers: Sequence[int], rows: Sequence[Values]) -> dict[str, Any]:
    """Return the map of values by layer (upwards, a row each) and head (to the right)."""
    data = [{"l": layer, "v": _thousandths(row)} for layer, row in zip(layers, rows, strict=True)]
    form = HeadForm(tuple(layers), max(map(len, rows)))
    return _heads(form) | {"datasets": {"rows": data}}


def _thousandths(values: Values) -> list[int | None]:
    return [None if value is None else round(value * 1000) for value in values]


@cache
def _heads(form: HeadForm) -> dict[str, Any]:
    height = max(6, min(20, 200 // len(form.layers)))
    across = alt.Scale(domain=list(range(form.heads)), paddingInner=0.06, paddingOuter=0)
    x = alt.X("h:O", axis=_axis("head", range(form.heads)), scale=across)
    # The first layer stands at the bottom, since a state moves upwards through a model.
    upwards = alt.Scale(domain=list(reversed(form.layers)), paddingInner=0.06, paddingOuter=0)
    y = alt.Y("l:O", axis=_axis("layer", form.layers), scale=upwards)
    cells: alt.Chart = alt.Chart().mark_rect().encode(x=x, y=y, color=_fill())
    chart = (
        alt.layer(cells, data=alt.NamedData("rows"))
        .transform_flatten(["v"])
        # Heads stand in their order, so a cell's number in its row, counted from 1, is its head.
        .transform_window(number="row_number()", groupby=["l"])
        .transform_calculate(h="datum.number - 1")
    )
    return _finished(chart, height * len(form.layers))


def _axis(title: str, keys: Sequence[int]) -> alt.Axis:
    return alt.Axis(
        title=title, values=list(keys[:: math.ceil(len(keys) / MOST_LABELS)]), grid=False,
        labelAngle=0, labelFontSize=11, labelColor=MUTED, labelPadding=4, titleFontSize=11,
        titleFontWeight="normal", titleColor=MUTED, titlePadding=3,
    )  # fmt: skip


def _fill(from_zero: bool = False) -> alt.Color:
    bounds, steps = (BOUNDS_FROM_ZERO, FROM_ZERO) if from_zero else (BOUNDS, STEPS)
    return alt.Color(
        "v:Q", legend=None, scale=alt.Scale(type="threshold", domain=bounds, range=steps)
    )


def _finished(chart: Any, height: int) -> dict[str, Any]:
    spec: dict[str, Any] = chart.properties(width="container", height=height).to_dict()
    spec["padding"] = {"left": 0, "top": 4, "bottom": 0, "right": 4}
    del spec["config"], spec["$schema"]
    return spec


@dataclass(frozen=True)
class MatrixForm:
    """All that a matrix depends on; it holds no text from rows."""

    rows: int
    columns: int
    printed: bool
    from_zero: bool = False


# Pixels: the height of a cell, its greatest width, the least that holds a number, and what the
# names of rows take.
CELL, WIDEST, NARROWEST, NAMES = 30, 52, 24, 190


def matrix(names: Sequence[str], rows: Sequence[Values], printed: bool) -> dict[str, Any]:
    """Return a square of values, rows and columns in the order of names; columns are numbered."""
    labels = [f"{name} {i + 1}" for i, name in enumerate(names)]
    form = MatrixForm(len(names), len(names), printed)
    return _drawn(form, labels, rows)


def grid(labels: Sequence[str], rows: Sequence[Values], printed: bool) -> dict[str, Any]:
    """Return a rectangle of shares from zero on; `labels` name rows, columns are numbered."""
    form = MatrixForm(len(labels), max(map(len, rows)), printed, from_zero=True)
    return _drawn(form, labels, rows)


def _drawn(form: MatrixForm, labels: Sequence[str], rows: Sequence[Values]) -> dict[str, Any]:
    cells = [
        {"r": f"r{i}", "c": f"c{j}", "v": value, "t": "" if value is None else _decimals(value)}
        for i, row in enumerate(rows)
        for j, value in enumerate(_thousandths(row))
    ]
    sides = [{"r": f"r{i}", "t": label} for i, label in enumerate(labels)]
    tops = [{"c": f"c{j}", "n": f"{j + 1}"} for j in range(form.columns)]
    return _matrix(form) | {"datasets": {"rows": cells, "sides": sides, "tops": tops}}


def matrix_widths(columns: int) -> tuple[int, int]:
    """Return the pixels below which numbers do not fit, and beyond which all would be width."""
    return NAMES + NARROWEST * columns, NAMES + WIDEST * columns


def _decimals(thousandths: int) -> str:
    """Return two decimals without the leading zero (`.93`, `1.00`)."""
    text = f"{thousandths / 1000:.2f}"
    return text.removeprefix("0")


@cache
def _matrix(form: MatrixForm) -> dict[str, Any]:
    rows = alt.Y("r:N", sort=None, axis=None, scale=_keys("r", form.rows))
    columns = alt.X("c:N", sort=None, axis=None, scale=_keys("c", form.columns))
    cells = alt.Chart().mark_rect().encode(x=columns, y=rows, color=_fill(form.from_zero))
    layers = [cells, _row_names(rows), _column_numbers(columns)]
    if form.printed:
        layers.append(_numbers(columns, rows, form.from_zero))
    chart = alt.layer(*layers, data=alt.NamedData("rows"))
    spec = _finished(chart, CELL * form.rows)
    return spec | {"padding": {"left": 0, "top": 20, "bottom": 0, "right": 4}}


def _keys(prefix: str, many: int) -> alt.Scale:
    keys = [f"{prefix}{i}" for i in range(many)]
    return alt.Scale(domain=keys, paddingInner=0.04, paddingOuter=0)


def _row_names(rows: alt.Y) -> alt.Chart:
    mark: alt.Chart = alt.Chart(alt.NamedData("sides")).mark_text(
        align="right", dx=-8, fontSize=12, limit=170
    )
    return mark.encode(x=alt.value(0), y=rows, text="t:N", color=alt.value(INK))


def _column_numbers(columns: alt.X) -> alt.Chart:
    mark: alt.Chart = alt.Chart(alt.NamedData("tops")).mark_text(dy=-8, fontSize=12)
    return mark.encode(x=columns, y=alt.value(0), text="n:N", color=alt.value(INK))


def _numbers(columns: alt.X, rows: alt.Y, from_zero: bool) -> alt.Chart:
    strong = f"datum.v >= {STRONG_FROM_ZERO}" if from_zero else f"abs(datum.v - 500) >= {STRONG}"
    colour = alt.condition(strong, alt.value(PAPER), alt.value(INK))
    mark: alt.Chart = alt.Chart().mark_text(fontSize=11)
    numbers = mark.encode(x=columns, y=rows, text="t:N", color=colour)
    return numbers.properties(name="margin")
