"""Steering along one direction: its dose-response, its costs, and what its tests say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from reports.queries import Answer
from reports.study import Series, Study
from reports.words import Row, plain

# A trend counts below this, and a curve is outside the random directions' 95% band below that.
TREND, OUTSIDE = 0.01, 0.05

Verdict = Literal["controls", "other way", "moves", "within", "inert", "untested"]

PLACES = {
    "resid_pre": "before layer {layer}",
    "resid_post": "after layer {layer}",
    "attn_head_in": "head {head} of layer {layer}",
    "mlp_out": "MLP of layer {layer}",
}


@dataclass
class Push:
    """Answers under one direction: shifts and costs by dose, and the tests over doses.

    An edit such as `project_out` has no dose; its one shift stands at None.
    """

    series: Series
    about: Row
    at: dict[str, dict[float | None, Row]] = field(default_factory=dict)
    slope: Row | None = None
    outside: Row | None = None

    @property
    def name(self) -> str:
        """Return the direction's own name, its kind where that name only says what stands beside.

        A fitted direction is called KIND:CONCEPT:LABEL@SITE.LAYER unless someone named it.
        """
        about = self.about
        fitted = f"{about['kind']}:{about['concept']}:{about['label']}@{about['site']}."
        if str(about["direction"]).startswith(fitted):
            return plain(about["kind"])
        return str(about["direction"] or about["direction_id"][:10])

    @property
    def place(self) -> str:
        """Return where it was steered, in words."""
        form = PLACES.get(self.about["site"], "{site} of layer {layer}")
        return form.format(**{name: self.about[name] for name in ("site", "layer", "head")})

    @property
    def told(self) -> dict[str, str]:
        """Return what may tell it apart from other pushes, in words."""
        names = ("reading", "label", "edit", "positions")
        return {
            "concept": plain(self.about["concept"]), "model": self.series.label,
            **{name: plain(self.about[name] or "unknown") for name in names},
        }  # fmt: skip

    @property
    def shifts(self) -> dict[float, Row]:
        """Return the shifts by dose, in the order of doses; none of an edit without doses."""
        return {dose: row for dose, row in self.at.get("shift", {}).items() if dose is not None}

    @property
    def bands(self) -> dict[str, dict[float, Sequence[float]]]:
        """Return the band of each family of random directions by dose."""
        found: dict[str, dict[float, Sequence[float]]] = {}
        for dose, row in self.shifts.items():
            for family, ends in json.loads(row["random_band"] or "{}").items():
                found.setdefault(family, {})[dose] = ends
        return found

    @property
    def families(self) -> dict[str, int]:
        """Return how many random directions of each family it was compared with."""
        row = self.slope or self.outside
        told: dict[str, Any] = json.loads((row and row["families"]) or "{}")
        return {family: one["controls"] for family, one in told.items()}

    @property
    def trend_p(self) -> float | None:
        """Return the one-sided p of the trend among random directions."""
        return self.slope["p_value"] if self.slope else None

    @property
    def outside_p(self) -> float | None:
        """Return the p of the greatest distance from random directions."""
        return self.outside["p_value"] if self.outside else None

    @property
    def verdict(self) -> Verdict:
        """Return what the tests say about it."""
        if self.trend_p is None or self.outside_p is None or self.slope is None:
            return "untested"
        trend, outside = self.trend_p < TREND, self.outside_p < OUTSIDE
        if trend:
            return "controls" if outside else "within"
        if outside:
            return "other way" if (self.slope["estimate"] or 0.0) < 0 else "moves"
        return "inert"


def varying(found: Sequence[Push]) -> list[str]:
    """Return what tells pushes apart beside the direction and its place, where it differs."""
    return [name for name in found[0].told if len({push.told[name] for push in found}) > 1]


def pushes(study: Study, dataset: str) -> tuple[Answer, list[Push]]:
    """Return the rows of steering with the pushes they make, the surest effect first."""
    answer = study.ask("pushes", dataset=dataset)
    found: dict[tuple[Any, ...], Push] = {}
    for row in answer.rows:
        series = study.series(row)
        if series:
            key = (series, *(row[name] for name in _ONE))
            _place(found.setdefault(key, Push(series, row)), row)
    return answer, sorted(found.values(), key=_rank)


# What names one push beside its model.
_ONE = (
    "concept", "reading", "site", "layer", "head", "direction_id", "edit", "positions",
)  # fmt: skip


def _place(push: Push, row: Row) -> None:
    if row["metric"] == "slope":
        push.slope = row
    elif row["metric"] == "outside_random":
        push.outside = row
    else:
        push.at.setdefault(row["metric"], {})[row["dose"]] = row


def _rank(push: Push) -> tuple[float, float, float]:
    slope = abs(push.slope["estimate"] or 0.0) if push.slope else 0.0
    ps = [2.0 if p is None else p for p in (push.trend_p, push.outside_p)]
    return ps[0], ps[1], -slope
