"""Directions of a model, found in the lake by name or id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from warehouse.errors import InputError, nearest

READS = "FROM directions"

_FOUND_SQL = """
SELECT * FROM directions WHERE model_id = $model AND (direction_id = $name OR name = $name)
ORDER BY run_id DESC LIMIT 1
"""


@dataclass(frozen=True)
class Direction:
    """A row of `directions`."""

    row: dict[str, Any]

    @property
    def direction_id(self) -> str:
        """The direction's key."""
        return str(self.row["direction_id"])

    @property
    def vector(self) -> NDArray[np.float32]:
        """The unit vector, [dim]."""
        return np.asarray(self.row["vector"], np.float32)


def find(con: duckdb.DuckDBPyConnection, model: dict[str, Any], name: str) -> Direction:
    """Return a model's direction by id or name, the newest of several.

    Raises InputError with the nearest name where there is none.
    """
    found = con.execute(_FOUND_SQL, {"model": model["model_id"], "name": name})
    columns = [column[0] for column in found.description or ()]
    rows = found.fetchall()
    if rows:
        return Direction(dict(zip(columns, rows[0], strict=True)))
    names = con.execute(
        "SELECT DISTINCT name FROM directions WHERE model_id = ? AND kind <> 'random'"
        " AND name IS NOT NULL ORDER BY name",
        [model["model_id"]],
    ).fetchall()
    known = [name for (name,) in names]
    hint = nearest(name, known) if known else " Fit some: mirrorlake analyze probe"
    raise InputError(f"{model['name']} has no direction '{name}'.{hint}")
