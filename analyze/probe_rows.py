"""Rows of `results` for one model, label and concept, collected slice by slice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyze.inference import Estimate, Test, cluster_sums, difference, proportion
from analyze.inference.auroc import Aurocs
from analyze.inference.band import simultaneous_level
from analyze.inference.clusters import Floats
from analyze.probing import nulls
from analyze.probing.measure import (
    C,
    Task,
    by_means,
    control_accuracy,
    cross_validated,
    flipped,
    letter_swapped,
)
from analyze.probing.shape import profile_shape
from analyze.probing.states import Probed, States
from analyze.result_rows import Row, Source, literal, result, rounded

Place = tuple[str | None, int | None, int | None]
"""Site, layer and head."""


@dataclass
class Concept:
    """What is found about one concept: AUROCs by place, and what judges them together."""

    source: Source
    which: Probed
    task: Task
    n_missing: int
    aurocs: dict[Place, tuple[Aurocs, int]] = field(default_factory=dict)
    flips: dict[Place, Floats] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    @property
    def states(self) -> States:
        """The concept's rows."""
        return self.task.states

    def about(self, place: Place) -> dict[str, Any]:
        """Return the columns of a result that say what it is about."""
        site, layer, head = place
        return {
            "model_id": self.which.model_id,
            "condition_id": self.which.condition_id,
            "concept": self.states.concept,
            "reading": self.which.label,
            "site": site,
            "layer": layer,
            "head": head,
        }

    def add_slice(
        self, site: str, layer: int, heads: Sequence[int | None], features: NDArray[np.float32]
    ) -> None:
        """Probe one slice [heads, rows, dim], whose rows are the concept's."""
        places: list[Place] = [(site, layer, head) for head in heads]
        found, values = cross_validated(features, self.task)
        statistics = flipped(features, self.task)
        for number, place in enumerate(places):
            self.aurocs[place] = found, number
            self.flips[place] = statistics[number]
        if heads == [None]:
            self._controls(places[0], features, values)

    def _controls(
        self, place: Place, features: NDArray[np.float32], values: NDArray[np.float32]
    ) -> None:
        right = ((values[0] > 0) == (self.states.truth > 0)).astype(float)
        self._put("accuracy", place, self._share(right), null_value=0.5)
        self._put("auroc_mean_difference", place, self._one(by_means(features, self.task)))
        swapped = self._one(letter_swapped(features, self.task))
        self._put("auroc_letter_swap", place, swapped, null_value=0.5)
        self._selectivity(place, right, control_accuracy(features, self.task))

    def _selectivity(self, place: Place, right: Floats, control: Floats | None) -> None:
        """Add accuracy less that of the control task (Hewitt and Liang 2019, section 2.2)."""
        if control is None:
            estimate = self._none(str(self.task.control.reason))
            self._put("selectivity", place, estimate, null_value=0.0)
            return
        used = ~np.isnan(control[0])
        sums, counts = cluster_sums(
            right[used] - control[0][used], self.states.groups[used]
        )  # fmt: skip
        estimate = difference(sums, counts, n_missing=self.n_missing)
        detail = {"types": self.task.control.n_types,
                  "accuracy": rounded(float(right[used].mean())),
                  "control_accuracy": rounded(float(control[0][used].mean()))}  # fmt: skip
        self._put("selectivity", place, estimate, detail, null_value=0.0)

    def add_surface(self, name: str, found: Aurocs) -> None:
        """Add the AUROC of a baseline that needs no model."""
        self._put("auroc", (name, None, None), self._one(found), null_value=0.5)

    def unprobed(self, reason: str) -> Iterator[Row]:
        """Yield rows without estimates that say why nothing was fitted."""
        places: list[Place] = [
            (site, layer, None) for site, layer in self.which.slices if site != "attn_head_in"
        ]
        for place in places:
            detail = {"position": self.which.position}
            yield self._row("auroc", place, self._none(reason), detail, None, null_value=0.5)
        nowhere: Place = (None, None, None)
        yield self._row("max_auroc", nowhere, self._none(reason), {}, None, null_value=0.5)

    def finished(self, layers: int) -> Iterator[Row]:
        """Yield all rows; AUROCs judged by the largest under flipped labels of all places."""
        yield from self.rows
        null = self._null()
        threshold = None
        if null.largest is not None:
            threshold = float(np.quantile(null.largest, 0.95, method="higher"))
        for number, place in enumerate(self.flips):
            yield self._auroc(number, place, null, layers, threshold)
        yield self._best(null)
        for site in sorted({str(site) for site, _, head in self.aurocs if head is None}):
            yield from self._shape(site)

    def _null(self) -> nulls.FlipNull:
        groups = len(set(self.states.groups.tolist()))
        seed = self.source.seed("flips", self.which.condition_id, self.states.concept)
        if groups < nulls.FEWEST_GROUPS:
            reason = f"{groups} groups; flips of fewer than {nulls.FEWEST_GROUPS} say nothing"
            return nulls.FlipNull(None, None, None, None, None, groups, seed, reason=reason)
        held = len(set(self.states.groups[self.states.folds == 0].tolist()))
        return nulls.max_null(np.stack([*self.flips.values()]), groups, held, seed)

    def _auroc(
        self, number: int, place: Place, null: nulls.FlipNull, layers: int, threshold: float | None
    ) -> Row:
        found, index = self.aurocs[place]
        own = self.flips[place]
        test = None
        if null.p_adjusted is not None:
            p = (int((own[1:] >= own[0] - 1e-12).sum()) + 1) / len(own)
            test = Test(p, "group flips of the labels, probe refitted", null.seed)
        detail = {
            "band": self._band(place, found, index),
            "null_95": rounded(threshold),
            "position": self.which.position,
            "layers": layers,
            "held_out_fold_0": rounded(float(own[0])),
        }
        row = self._row("auroc", place, found.estimates()[index], detail, test, null_value=0.5)
        if null.p_adjusted is not None:
            adjusted = rounded(float(null.p_adjusted[number]))
            family = f"maximum over {len(self.flips)} places, {len(own) - 1} flips"
            return row | {"p_adjusted": adjusted, "family": family}
        return row

    def _band(self, place: Place, found: Aurocs, index: int) -> list[float | None] | None:
        """Return the simultaneous interval over the layers of a site without heads."""
        site, _, head = place
        if head is not None or found.reason:
            return None
        level = self._levels.setdefault(site, self._level(site))
        intervals = found.intervals(level)
        return [rounded(float(intervals.low[index])), rounded(float(intervals.high[index]))]

    def __post_init__(self) -> None:
        """Start without any level."""
        self._levels: dict[str | None, float] = {}

    def _level(self, site: str | None) -> float:
        members = [self.aurocs[p] for p in self.aurocs if p[0] == site and p[2] is None]
        influence = np.stack([found.influence[index] for found, index in members])
        seed = self.source.seed("band", self.which.condition_id, self.states.concept, site)
        return simultaneous_level(influence, members[0][0].df, seed)

    def _best(self, null: nulls.FlipNull) -> Row:
        if null.observed is None:
            estimate = self._none(str(null.reason))
            return self._row("max_auroc", (None, None, None), estimate, {}, None, null_value=0.5)
        best = int(np.argmax(null.observed))
        site, layer, head = [*self.flips][best]
        n = int((self.states.folds == 0).sum())
        clusters = len(set(self.states.groups[self.states.folds == 0].tolist()))
        value = float(null.observed[best])
        estimate = Estimate(
            value, None, None, None, n, clusters, "AUROC on fold 0, the greatest of all places",
            None, self.n_missing,
        )  # fmt: skip
        test = Test(float(null.p_value or 1.0), null.method, null.seed)
        detail = {
            "site": site, "layer": layer, "head": head, "places": len(self.flips),
            "smallest_p": rounded(null.floor),
        }  # fmt: skip
        return self._row("max_auroc", (None, None, None), estimate, detail, test, null_value=0.5)

    def _shape(self, site: str) -> Iterator[Row]:
        members = sorted(
            (layer, self.aurocs[site, layer, None])
            for s, layer, head in self.aurocs
            if s == site and head is None and layer is not None
        )
        if len(members) < 3 or members[0][1][0].reason:
            return
        level = self._levels.setdefault(site, self._level(site))
        parts = [(found.intervals(level), index) for _, (found, index) in members]
        values, low, high = (
            [float(getattr(i, name)[index]) for i, index in parts]
            for name in ("value", "low", "high")
        )
        shape = profile_shape(values, low, high)
        first = members[0][1][0]
        estimate = Estimate(
            shape.peak, shape.peak_low, shape.peak_high, None, first.n, first.n_clusters,
            "relative depth of the highest AUROC, where the simultaneous band allows it",
            None, self.n_missing,
        )  # fmt: skip
        detail = {"shape": shape.name, "site": site}
        yield self._row("shape", (site, None, None), estimate, detail, None)

    def _put(
        self, metric: str, place: Place, estimate: Estimate,
        detail: Mapping[str, Any] | None = None, null_value: float | None = None,
    ) -> None:  # fmt: skip
        self.rows.append(self._row(metric, place, estimate, detail or {}, None, null_value))

    def _row(
        self, metric: str, place: Place, estimate: Estimate, detail: Mapping[str, Any],
        test: Test | None, null_value: float | None = None,
    ) -> Row:  # fmt: skip
        return result(
            self.source, metric, replace(estimate, n_missing=self.n_missing), self.about(place),
            self.sql(place), null_value=null_value, test=test, detail={"c": C, **detail},
        )  # fmt: skip

    def _one(self, found: Aurocs | str) -> Estimate:
        return self._none(found) if isinstance(found, str) else found.estimates()[0]

    def _share(self, right: Floats) -> Estimate:
        sums, counts = cluster_sums(right, self.states.groups)
        return proportion(sums, counts, n_missing=self.n_missing)

    def _none(self, reason: str) -> Estimate:
        rows, groups = len(self.states.truth), len(set(self.states.groups.tolist()))
        return Estimate(None, None, None, None, rows, groups, "none", reason, self.n_missing)

    def sql(self, place: Place) -> str:
        """Return the query that lists the rows behind an estimate, with their labels."""
        site, layer, head = place
        where = [
            f"p.dataset = {literal(self.which.dataset)}",
            f"p.concept = {literal(self.states.concept)}",
            f"p.label = {literal(self.which.label)}",
        ]
        if layer is None:
            return f"SELECT * FROM probe_labels p WHERE {' AND '.join(where)}"
        where += [
            f"a.condition_id = {literal(self.which.condition_id)}",
            f"a.site = {literal(str(site))}",
            f"a.layer = {layer}",
            "a.head IS NULL" if head is None else f"a.head = {head}",
        ]
        return (
            "SELECT p.question_id, p.group_id, p.fold, p.variant, p.truth AS value, a.vector "
            "FROM probe_labels p JOIN activations a USING (question_id, variant, position) "
            f"WHERE {' AND '.join(where)}"
        )
