"""Captured vectors on their way to a segment, held once and handed over slice by slice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from warehouse.schema import ACTIVATIONS, arrow_schema

Floats = NDArray[np.float32]


class Place(NamedTuple):
    """The token that was read."""

    question_id: str
    variant: str
    position: str
    token: str


class Buffer:
    """Vectors of one condition; each (site, layer) has its own places."""

    def __init__(self, fixed: Mapping[str, str]) -> None:
        """Start empty; `fixed` are the columns that are the same in all rows."""
        self.fixed = fixed
        self._parts: dict[tuple[str, int], list[tuple[Sequence[Place], Floats]]] = {}
        self.bytes = self.vectors = 0

    def add(self, site: str, layer: int, places: Sequence[Place], values: Floats) -> None:
        """Add vectors [places, dim], or [places, heads, dim] where the site has heads."""
        self._parts.setdefault((site, layer), []).append((places, values))
        self.bytes += values.nbytes
        self.vectors += values.size // values.shape[-1]

    def tables(self) -> Iterator[pa.Table]:
        """Yield the rows in the order of files, a table a site and layer; each is then dropped."""
        for site, layer in sorted(self._parts):
            parts = self._parts.pop((site, layer))
            places = [place for some, _ in parts for place in some]
            values = np.concatenate([values for _, values in parts])
            del parts
            yield self._table(site, layer, places, values)
        self.bytes = self.vectors = 0

    def _table(self, site: str, layer: int, places: Sequence[Place], values: Floats) -> pa.Table:
        heads = values.shape[1] if values.ndim == 3 else None
        rows, dim = len(places) * (heads or 1), values.shape[-1]
        columns: dict[str, Any] = {
            **{name: pa.repeat(value, rows) for name, value in self.fixed.items()},
            **_keys(places, heads),
            "site": pa.repeat(site, rows),
            "layer": pa.repeat(pa.scalar(layer, pa.int32()), rows),
            "dim": pa.repeat(pa.scalar(dim, pa.int32()), rows),
        }
        keys = pa.table(columns)
        order = pc.sort_indices(keys, [(name, "ascending") for name in ACTIVATIONS.order])
        sorted_values = values.reshape(rows, dim)[order.to_numpy()]
        offsets = pa.array(np.arange(0, rows * dim + 1, dim, dtype=np.int32))
        vectors = pa.ListArray.from_arrays(offsets, pa.array(sorted_values.reshape(-1)))
        table = keys.take(order).append_column("vector", vectors)
        return table.select(ACTIVATIONS.names).cast(arrow_schema("activations"))


def _keys(places: Sequence[Place], heads: int | None) -> dict[str, pa.Array]:
    """Return the columns of places, each repeated for every head."""
    each = heads or 1
    take = pa.array(np.repeat(np.arange(len(places)), each))
    columns = {name: pa.array([getattr(place, name) for place in places], pa.string()).take(take)
               for name in Place._fields}  # fmt: skip
    numbers = np.tile(np.arange(each, dtype=np.int32), len(places))
    head = pa.nulls(len(numbers), pa.int32()) if heads is None else pa.array(numbers)
    return {**columns, "head": head}
