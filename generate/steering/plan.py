"""Interventions of a job: every direction and control at every dose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from console import say
from generate.steering import directions
from generate.steering.controls import controls
from generate.steering.directions import Direction
from generate.steering.job import ENOUGH_CONTROLS, Steering
from warehouse.errors import InputError
from warehouse.keys import intervention_id

if TYPE_CHECKING:
    from warehouse.lake import Lake


@dataclass(frozen=True)
class Intervention:
    """One edit with its vector; `edit` is its row of `interventions`."""

    edit: dict[str, Any]
    vector: NDArray[np.float32]

    @property
    def intervention_id(self) -> str:
        """The intervention's key."""
        return str(self.edit["intervention_id"])


@dataclass(frozen=True)
class Steered:
    """The interventions of a job by id, and the random directions that it draws."""

    interventions: dict[str, Intervention]
    drawn: list[Direction]

    @property
    def edits(self) -> list[dict[str, Any]]:
        """The rows of `interventions`."""
        return [intervention.edit for intervention in self.interventions.values()]


def planned(lake: Lake, model: dict[str, Any], steering: Steering) -> Steered:
    """Return the interventions of a job on a model.

    Raises InputError for directions that the model does not have, or that have no scale.
    """
    if steering.controls and steering.kind != "add":
        raise InputError("Controls take the same step, which only the kind 'add' has.")
    with lake.reader(directions.READS) as con:
        tested = [directions.find(con, model, name) for name in steering.directions]
    drawn = [one for like in tested for one in controls(lake, like, steering.controls)]
    if 0 < steering.controls < ENOUGH_CONTROLS:
        say(f"With {steering.controls} controls no trend can reach p < .01; take at least 100.")
    made = {one.intervention_id: one for one in _interventions([*tested, *drawn], steering)}
    return Steered(made, drawn)


def _interventions(found: Sequence[Direction], steering: Steering) -> Iterator[Intervention]:
    for direction in found:
        for dose in steering.steps:
            edit: dict[str, Any] = {
                "edit": 0,
                "site": direction.row["site"],
                "layer": direction.row["layer"],
                "head": direction.row["head"],
                "positions": steering.positions,
                "kind": steering.kind,
                "direction_id": direction.direction_id,
                "strength": _strength(direction, dose, steering.kind),
                "dose": dose,
            }
            edit["intervention_id"] = intervention_id([edit])
            yield Intervention(edit, direction.vector)


def _strength(direction: Direction, dose: float | None, kind: str) -> float | None:
    if kind != "add" or dose is None:
        return dose
    if direction.row["sigma"] is None:
        raise InputError(f"The direction {direction.row['name']} has no standard deviation.")
    return float(dose * direction.row["sigma"])
