"""One direction's dose-response as rows of `results`, beside its random directions'."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from analyze.inference import Estimate, Test, cluster_sums, mean
from analyze.inference.clusters import Floats
from analyze.inference.trend import Trend, trend
from analyze.result_rows import Row, Source, listing, result, rounded

# What a direction's label says steering along it should do, by the column that measures it.
OUTCOMES = {"answer": "first_shift", "right": "right_shift"}
COSTS = ("kl", "correct", "text_shift")

# The dose at which an edit changes nothing; 0 if not named.
_IDLE = {"scale": 1.0}

# Fewer controls give no trend test at all.
FEWEST = 19
_TOO_FEW = "fewer than 19 random directions were steered by the same step"


def curve_rows(source: Source, shifts: pl.DataFrame) -> Iterator[Row]:
    """Yield the rows of every direction among the shifts of one model, concept and reading."""
    tested = shifts.filter(pl.col("beside").is_null())
    for (direction,), own in tested.partition_by(
        "direction_id", as_dict=True, maintain_order=True
    ).items():
        controls = shifts.filter(pl.col("beside") == direction)
        yield from _Curve(source, str(direction), own, controls).rows()


class _Curve:
    """The answers under one direction and under its controls."""

    def __init__(
        self, source: Source, direction: str, own: pl.DataFrame, controls: pl.DataFrame
    ) -> None:
        self.source, self.direction, self.own, self.controls = source, direction, own, controls
        first = own.row(0, named=True)
        self.outcome = OUTCOMES.get(first["label"], "right_shift")
        if first["reading"] == "cloze":
            self.outcome = "right_shift"
        self.doses: list[float] = sorted(own["dose"].drop_nulls().unique())
        self.about: dict[str, Any] = {
            "model_id": first["model_id"],
            "condition_id": first["plain_id"],
            **{name: first[name] for name in ("concept", "reading", "site", "layer", "head")},
            "direction_id": direction,
            "intervention": f"{first['edit']} at {first['positions']}",
        }
        self.detail = {
            "direction": first["name"], "outcome": self.outcome,
            "edit": first["edit"], "positions": first["positions"],
        }  # fmt: skip

    def rows(self) -> Iterator[Row]:
        """Yield shifts and costs at every dose, and the tests over doses."""
        trends = dict(self._trends())
        if not self.doses:
            # An edit without a dose, as `project_out` is.
            for metric, column in (("shift", self.outcome), *zip(COSTS, COSTS, strict=True)):
                yield self._row(metric, column, None, {})
        for place, dose in enumerate(self.doses):
            bands = {
                family: [rounded(float(t.low[place])), rounded(float(t.high[place]))]
                for family, t in trends.items()
            }
            yield self._row("shift", self.outcome, dose, {"random_band": bands})
            for metric in COSTS:
                yield self._row(metric, metric, dose, {})
        if len(self.doses) > 1:
            yield self._slope(trends)
            yield self._distance(trends)

    def _trends(self) -> Iterator[tuple[str, Trend]]:
        """Yield each family of controls with the curve's place among it."""
        if len(self.doses) < 2:
            return
        own = self._curves(self.own)
        if not len(own):
            return
        for (family,), part in self.controls.partition_by(
            "family", as_dict=True, maintain_order=True
        ).items():
            curves = self._curves(part)
            if len(curves) >= FEWEST:
                yield str(family), trend(self.doses, own[0], curves)

    def _curves(self, shifts: pl.DataFrame) -> Floats:
        """Return the mean shift of each direction at each dose, [directions, doses].

        Directions that were not steered along at all doses are left out.
        """
        at_doses = shifts.filter(pl.col("dose").is_in(self.doses)).drop_nulls(self.outcome)
        means = at_doses.group_by("direction_id", "dose").agg(pl.col(self.outcome).mean())
        curves = (
            means.sort("direction_id", "dose")
            .group_by("direction_id", maintain_order=True)
            .agg(pl.col(self.outcome))
            .filter(pl.col(self.outcome).list.len() == len(self.doses))
        )
        return np.array(curves[self.outcome].to_list()).reshape(-1, len(self.doses))

    def _row(self, metric: str, column: str, dose: float | None, detail: dict[str, Any]) -> Row:
        at = self.own if dose is None else self.own.filter(pl.col("dose") == dose)
        estimate = _mean(at, column)
        sql = self._sql(column, "dose IS NULL" if dose is None else f"dose = {dose!r}")
        row = result(self.source, metric, estimate, self.about, sql, detail=self.detail | detail)
        return row | {"dose": dose}

    def _slope(self, trends: dict[str, Trend]) -> Row:
        d = pl.col("dose") - _IDLE.get(self.detail["edit"], 0.0)
        shift = pl.col(self.outcome)
        # Doses at which nothing is known must not count as doses without effect.
        slope = pl.when(shift.is_not_null().any()).then((d * shift).sum() / (d * d).sum())
        by_question = self.own.group_by("group_id", "question_id").agg(slope.alias("slope"))
        test = _worst(trends, "p_slope", "one-sided rank of the slope among random directions")
        row = result(
            self.source, "slope", _mean(by_question, "slope"), self.about,
            self._slope_sql(), null_value=0.0, test=test,
            detail=self.detail | _ranks(trends, "p_slope") | {"doses": self.doses},
        )  # fmt: skip
        return row if test else row | {"reason": row["reason"] or _TOO_FEW}

    def _distance(self, trends: dict[str, Trend]) -> Row:
        method = "greatest standardised distance from the random directions' mean over doses"
        n, clusters = self.own["question_id"].n_unique(), self.own["group_id"].n_unique()
        least = min(trends.values(), key=lambda t: t.distance) if trends else None
        estimate = Estimate(
            least.distance if least else None, None, None, None, n, clusters, method,
            None if least else _TOO_FEW,
        )  # fmt: skip
        test = _worst(trends, "p_distance", "rank among random directions")
        return result(
            self.source, "outside_random", estimate, self.about,
            self._sql(self.outcome, "dose IS NOT NULL"), test=test,
            detail=self.detail | _ranks(trends, "p_distance") | {"doses": self.doses},
        )  # fmt: skip

    def _sql(self, column: str, *conditions: str) -> str:
        where = {"direction_id": self.direction, "reading": self.about["reading"],
                 "concept": self.about["concept"], "plain_id": self.about["condition_id"],
                 "edit": self.detail["edit"], "positions": self.detail["positions"]}  # fmt: skip
        return listing("steered_shifts", column, where, *conditions)

    def _slope_sql(self) -> str:
        """Return the query that lists the slope of each question."""
        idle = _IDLE.get(self.detail["edit"], 0.0)
        step = f"(dose - {idle})" if idle else "dose"
        points = self._sql(f"{step} * {self.outcome}")
        points = points.replace(" AS value", f" AS product, {step} AS dose", 1)
        return (
            "SELECT question_id, group_id, sum(product) / sum(dose * dose) AS value "
            f"FROM ({points}) GROUP BY ALL"
        )


def _mean(frame: pl.DataFrame, column: str) -> Estimate:
    read = frame.drop_nulls(column)
    sums, counts = cluster_sums(read[column].to_numpy(), read["group_id"].to_numpy())
    return mean(sums, counts, n_missing=frame.height - read.height)


def _worst(trends: dict[str, Trend], p: str, method: str) -> Test | None:
    """Return the test against the family of controls that speaks least for the direction."""
    if not trends:
        return None
    fewest = min(t.m for t in trends.values())
    return Test(
        max(getattr(t, p) for t in trends.values()),
        f"{method}, the greatest p of {len(trends)} families of at least {fewest}",
    )


def _ranks(trends: dict[str, Trend], p: str) -> dict[str, Any]:
    return {
        "families": {
            family: {"p": rounded(getattr(t, p)), "controls": t.m} for family, t in trends.items()
        }
    }
