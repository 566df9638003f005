"""What stands in the key of a figure: symbols, lines, shades and the bar of a colour scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reports.markup import Html, tag
from reports.study import Series

PATHS = {
    "circle": "M8 2A5 5 0 1 1 7.99 2Z",
    "square": "M4 3H12V11H4Z",
    "triangle-up": "M8 2L13 12H3Z",
    "diamond": "M8 1L13 7L8 13L3 7Z",
    "cross": "M6 2H10V5H13V9H10V12H6V9H3V5H6Z",
    "triangle-down": "M8 12L3 2H13Z",
}
TICK, DIAMOND = "M8 1V13", "M8 2L13 7L8 12L3 7Z"
MUTED = "var(--muted)"

# Width of one step of the bar in pixels.
STEP = 11


def symbol(series: Series, hollow: bool = False) -> Html:
    """Return the entry of a series, a `hollow` one as an outline."""
    outlined = {"stroke": series.colour, "stroke_width": "1.8"} if hollow else {}
    fill = "none" if hollow else series.colour
    path = tag("path", d=PATHS[series.shape], fill=fill, **outlined)
    return tag("li", _drawing(16, path), series.label)


def outline(path: str, name: str) -> Html:
    """Return the entry of a mark that is drawn as an outline."""
    shape = tag("path", d=path, fill="none", stroke=MUTED, stroke_width="1.5")
    return tag("li", _drawing(16, shape), name)


def ring(name: str) -> Html:
    """Return the entry of points that are drawn as outlines."""
    return outline("M8 3A4 4 0 1 1 7.99 3Z", name)


def line(dash: Sequence[float], name: str, colour: str = MUTED) -> Html:
    """Return the entry of a line with its dashes."""
    pattern = " ".join(f"{length:g}" for length in dash)
    path = tag("path", d="M1 7H29", fill="none", stroke=colour, stroke_width="1.5",
               stroke_dasharray=pattern)  # fmt: skip
    return tag("li", _drawing(30, path), name)


def shade(opacity: float, name: str, colour: str = MUTED) -> Html:
    """Return the entry of a shaded band."""
    box = tag("rect", x=1, y=2, width=20, height=10, fill=colour, opacity=opacity)
    return tag("li", _drawing(22, box), name)


def bar(colours: Sequence[str], name: str, marks: Sequence[float]) -> Html:
    """Return a colour scale from 0 to 1 in equal steps, with a pointer at each mark."""
    width = STEP * len(colours)
    steps = [
        tag("rect", x=i * STEP, y=0, width=STEP + 0.5, height=10, fill=colour)
        for i, colour in enumerate(colours)
    ]
    ticks = [_tick(value, width) for value in (0, 0.5, 1)]
    pointers = [_pointer(round(mark * width, 1)) for mark in marks]
    drawn = tag("svg", *steps, *pointers, *ticks, width=width + 24, height=33,
                viewBox=f"-12 0 {width + 24} 33", aria_hidden="true")  # fmt: skip
    return tag("li", drawn, name, class_="bar")


def _tick(value: float, width: int) -> Html:
    return tag("text", f"{value:g}", x=f"{value * width:g}", y=30, text_anchor="middle",
               font_size=11, fill=MUTED)  # fmt: skip


def _pointer(x: float) -> Html:
    return tag("path", d=f"M{x:g} 9l4 8h-8Z", fill="var(--ink)")


def _drawing(width: int, *shapes: Any) -> Html:
    return tag("svg", *shapes, width=width, height=14, viewBox=f"0 0 {width} 14",
               aria_hidden="true")  # fmt: skip
