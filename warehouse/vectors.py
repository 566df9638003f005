"""Activations as one array: a slice of the table, read once and held once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from warehouse.errors import InputError

if TYPE_CHECKING:
    import torch

# What reading a slice needs of a lake; a reader made for no more than this opens the sooner.
READS = "FROM activations, questions"

# Rows that DuckDB hands over at a time.
_BATCH = 4096

_WHERE = """
FROM activations
WHERE condition_id = $condition AND site = $site AND layer = $layer
    AND ($head IS NULL OR head = $head)
    AND ($position IS NULL OR position = $position)
    AND ($dataset IS NULL
        OR question_id IN (SELECT question_id FROM questions WHERE dataset = $dataset))
"""

_KEYS_SQL = f"SELECT question_id, variant, head, position, token, dim {_WHERE}"

# Threads hand batches over in any order, so each vector comes with its place.
_VECTORS_SQL = f"""
SELECT place, vector FROM (SELECT question_id, variant, head, position, vector {_WHERE}) found
JOIN placed USING (question_id, variant, position)
WHERE found.head IS NOT DISTINCT FROM placed.head
"""


@dataclass(frozen=True)
class Slice:
    """Which vectors: those of one condition, site and layer; None takes every value."""

    condition: str
    site: str
    layer: int
    head: int | None = None
    position: str | None = None
    dataset: str | None = None


@dataclass(frozen=True)
class Vectors:
    """Rows of activations: `values` is [rows, dim] in float32.

    `keys` has `question_id`, `variant`, `head`, `position` and `token` of each row.

    Rows are in the order of head, position, variant and question, whichever files hold them, so
    the same rows of another layer or site come in the same order.
    """

    keys: pa.Table
    values: NDArray[np.float32]

    def torch(self) -> torch.Tensor:
        """Return the values as a tensor on the same memory."""
        import torch

        return torch.from_numpy(self.values)


def read(con: duckdb.DuckDBPyConnection, wanted: Slice) -> Vectors:
    """Return the vectors of a slice; beside the array no more than a batch is in memory.

    Raises InputError where there are none, or vectors of several lengths.
    """
    keys, dim = _keys(con, wanted)
    order = [(name, "ascending") for name in ("head", "position", "variant", "question_id")]
    keys = keys.take(pc.sort_indices(keys, order))
    values = np.empty((keys.num_rows, dim), np.float32)
    con.register("placed", keys.append_column("place", pa.array(np.arange(keys.num_rows))))
    for batch in con.sql(_VECTORS_SQL, params=vars(wanted)).to_arrow_reader(_BATCH):
        flat = batch.column(1).flatten().to_numpy()
        values[batch.column(0).to_numpy()] = flat.reshape(batch.num_rows, dim)
    con.unregister("placed")
    return Vectors(keys, values)


def _keys(con: duckdb.DuckDBPyConnection, wanted: Slice) -> tuple[pa.Table, int]:
    keys = con.sql(_KEYS_SQL, params=vars(wanted)).to_arrow_table()
    dims = keys.column("dim").unique().to_pylist()
    if not dims:
        raise InputError(
            f"There are no activations at {wanted.site}, layer {wanted.layer}, of the condition "
            f"{wanted.condition}. Capture them: mirrorlake generate activations --help"
        )
    if len(dims) > 1:
        raise InputError(f"The vectors at {wanted.site} have the lengths {sorted(dims)}.")
    return keys.drop_columns(["dim"]), dims[0]
