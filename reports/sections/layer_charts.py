"""A chart of probes by layer: curves, bands, and named lines of what probes must beat."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from reports.curves import DASHES, MUTED, Axes, Band, Curve, Dash, Line, curves
from reports.figures import Drawing
from reports.markup import Html
from reports.profiles import NAMES, Profile, by_series
from reports.study import Series
from reports.swatches import line, shade, symbol
from reports.words import Row, number, plain, sentence_list, with_interval

# Names of more models' own lines would run into each other.
MOST_NAMED = 2
# Bands, intervals and twins of more models would hide the curves.
MOST_WHOLE = 4
# Values of more layers than this are said as their best.
MOST_SAID = 12

# What a line of the chart is: its dash, its name in the margin and its name in the key.
LINES: dict[str, tuple[Dash, str, str]] = {
    "chance": ("solid", "chance", "chance"),
    "null_95": ("long", "flipped 95%", "95% of flipped labels, best of all sites"),
    "letter": ("dotted", "letter", "letter only"),
    "bag_of_words": ("wide", "words", "bag of words"),
    "embedding": ("mixed", "embedding", "embedding layer"),
}
TWIN: tuple[Dash, str] = ("dashed", "the same model, untrained")


class LayerAxes:
    """The axes that all panels share, and the panels on them."""

    def __init__(self, found: Sequence[Profile], small: bool) -> None:
        self.depths = {
            series: max(profile.depth for profile in own)
            for series, own in by_series(found).items()
        }
        depths = set(self.depths.values())
        self.relative = len(depths) > 1
        self.whole = len({profile.series for profile in found}) <= MOST_WHOLE
        reach = 1.0 if self.relative else float(max(1, max(depths) - 1))
        self.axes = Axes(
            x=(0.0, reach),
            y=(_floor(found), 1.0),
            x_title="relative depth" if self.relative else "layer",
            x_format=".1f" if self.relative else "d",
            y_format=".1f",
            height=150 if small else 190,
        )

    def panel(self, concept: str, own: Sequence[Profile]) -> Drawing:
        """Return the chart of one concept."""
        lines = _lines(own)
        bands = [band for profile in own if self.whole and (band := self._band(profile))]
        named = len(own) <= MOST_NAMED
        drawn = [curve for profile in own for curve in self._curves(profile, named)]
        shown = [
            Line(value, LINES[kind][1] if named or colour == MUTED else "", LINES[kind][0], colour)
            for kind, value, colour in lines
        ]
        return Drawing(
            spec=curves(drawn, bands, shown, self.axes),
            words=" ".join(_words(profile) for profile in own),
            rows=[_row(profile, row) for profile in own for row in profile.rows.values()],
            series=[symbol(profile.series) for profile in own],
            marks=_marks(own if self.whole else [], [key for key, _, _ in lines]),
            title=plain(concept),
            narrow=230,
        )

    def _x(self, profile: Profile, layers: Sequence[int]) -> list[float]:
        whole = max(1, self.depths[profile.series] - 1) if self.relative else 1
        return [layer / whole for layer in layers]

    def _curves(self, profile: Profile, named: bool) -> Iterator[Curve]:
        rows, series = list(profile.rows.values()), profile.series
        x, none = self._x(profile, list(profile.rows)), [None] * len(rows)
        value, low, high, twin = (
            [row[name] for row in rows] for name in ("estimate", "ci_low", "ci_high", "untrained")
        )
        if not self.whole:
            yield Curve(x, value, none, none, series.colour, series.shape)
            return
        yield Curve(x, value, low, high, series.colour, series.shape)
        if any(v is not None for v in twin):
            name = "untrained" if named else ""
            yield Curve(x, twin, none, none, series.colour, dash=TWIN[0], name=name)

    def _band(self, profile: Profile) -> Band | None:
        rows = [row for row in profile.rows.values() if row["band_low"] is not None]
        x = self._x(profile, [row["layer"] for row in rows])
        low, high = ([row[name] for row in rows] for name in ("band_low", "band_high"))
        return Band(x, low, high, profile.series.colour) if len(rows) > 1 else None


def _floor(found: Sequence[Profile]) -> float:
    """Return the lower end of the axis: below every mark, in tenths, and at most 0.4."""
    ends = ("estimate", "ci_low", "band_low", "untrained")
    values = [row[name] for p in found for row in p.rows.values() for name in ends]
    values += [row["estimate"] for p in found for row in p.fixed.values()]
    tenths = [math.floor(value * 10) / 10 for value in values if value is not None]
    lowest: float = min([0.4, *tenths])
    return max(0.0, lowest)


def _lines(own: Sequence[Profile]) -> list[tuple[str, float, str]]:
    """Return the reference lines as (kind, value, colour), muted where all models share one."""
    at: dict[str, dict[Series, float]] = {kind: {} for kind in LINES}
    for profile in own:
        row = profile.best or next(iter(profile.rows.values()))
        at["chance"][profile.series] = 0.5
        if row["null_95"] is not None:
            at["null_95"][profile.series] = row["null_95"]
        for kind, baseline in profile.fixed.items():
            if baseline["estimate"] is not None:
                at[kind][profile.series] = baseline["estimate"]
    return [line for kind, values in at.items() for line in _line(kind, values)]


def _line(kind: str, values: dict[Series, float]) -> list[tuple[str, float, str]]:
    if not values:
        return []
    if len({round(value, 6) for value in values.values()}) == 1:
        return [(kind, next(iter(values.values())), MUTED)]
    return [(kind, value, series.colour) for series, value in values.items()]


def _marks(own: Sequence[Profile], kinds: Sequence[str]) -> list[Html]:
    marks = [line(DASHES[LINES[kind][0]], LINES[kind][2]) for kind in dict.fromkeys(kinds)]
    if any(row["untrained"] is not None for profile in own for row in profile.rows.values()):
        marks.append(line(DASHES[TWIN[0]], TWIN[1]))
    if any(row["band_low"] is not None for profile in own for row in profile.rows.values()):
        marks.append(shade(0.25, "95% band over all layers together"))
    return marks


def _row(profile: Profile, row: Row) -> dict[str, object]:
    return {
        "model": profile.series.label,
        "layer": row["layer"],
        "AUROC": with_interval(row, "number"),
    }


def _words(profile: Profile) -> str:
    """Return what a profile shows: its best layer, all layers if few, and what it must beat."""
    best = profile.best
    if best is None:
        return f"{profile.series.label}: no estimate."
    said = f"{profile.series.label}: best {with_interval(best, 'number')} at layer {best['layer']}"
    if len(profile.rows) <= MOST_SAID:
        every = [f"{layer}: {_value(row)}" for layer, row in profile.rows.items()]
        said += f"; by layer {', '.join(every)}"
    rivals = [f"{NAMES[key]} {number(value, 'number')}"
              for key, value in profile.baselines(best["layer"]).items()]  # fmt: skip
    beside = f"; beside it {sentence_list(rivals)}" if rivals else ""
    null = best["null_95"]
    flipped = f"; 95% of flipped labels stay below {number(null, 'number')}" if null else ""
    return f"{said}{beside}{flipped}."


def _value(row: Row) -> str:
    return "none" if row["estimate"] is None else number(row["estimate"], "number")
