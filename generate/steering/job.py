"""How a job steers: along which directions, how far, where, and against which controls."""

from __future__ import annotations

import math
from dataclasses import dataclass

from warehouse.errors import InputError, nearest

KINDS = ("add", "add_norm_matched", "project_out", "scale")
POSITIONS = ("last", "reply", "all")

# Random directions of each family that the trend test needs for p < .01.
ENOUGH_CONTROLS = 100


@dataclass(frozen=True)
class Steering:
    """Directions by name or id, crossed with doses; `controls` random ones of each family.

    A dose is a step in standard deviations of the direction's own training rows (`add`), a share
    of the state's length (`add_norm_matched`), or a factor (`scale`); `project_out` has none.
    """

    directions: tuple[str, ...]
    doses: tuple[float, ...] = (-4.0, -2.0, 2.0, 4.0)
    controls: int = 0
    kind: str = "add"
    positions: str = "last"

    def __post_init__(self) -> None:
        """Raise InputError for names that do not exist and doses that cannot be taken."""
        for what, given, known in (
            ("kind of edit", self.kind, KINDS),
            ("position to steer at", self.positions, POSITIONS),
        ):
            if given not in known:
                raise InputError(f"There is no {what} '{given}'.{nearest(given, known)}")
        if not all(map(math.isfinite, self.doses)) or (
            not self.doses and self.kind != "project_out"
        ):
            raise InputError("Doses must be finite numbers, at least one.")

    @property
    def steps(self) -> tuple[float | None, ...]:
        """The doses, without that of 0, which is the model itself; None for `project_out`."""
        if self.kind == "project_out":
            return (None,)
        idle = 1.0 if self.kind == "scale" else 0.0
        return tuple(dict.fromkeys(dose for dose in self.doses if dose != idle))
