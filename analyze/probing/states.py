"""The states that are probed, slice by slice, each beside its label, group and fold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from console import say
from warehouse import vectors

READS = "FROM activations, questions, conditions, models, probe_labels, results, directions"

POSITIONS = {"right": "choice", "answer": "last"}
"""What can be told apart, and the position at which it is asked."""

# `bare` rows stand after a question whose options were not shown.
_CAPTURED_SQL = """
SELECT
    condition_id, model_id, position, starts_with(variant, '-') AS bare, site, layer,
    count(*) AS n, CAST(bit_xor(md5_number(question_id || variant)) AS VARCHAR) AS held
FROM activations
WHERE question_id IN (SELECT question_id FROM questions WHERE dataset = $dataset)
    AND coalesce(head, 0) = 0
GROUP BY ALL ORDER BY ALL
"""

_LABELS_SQL = """
SELECT
    p.question_id, p.variant, p.concept, p.group_id, p.fold, p.truth, p.shown, p.replied,
    q.choices[ord(coalesce(p.replied, substr(p.shown, 1, 1))) - 64] AS option,
    q.choices[1 + CAST(coalesce(p.replied, substr(p.shown, 1, 1)) = 'A' AS INTEGER)] AS other
FROM probe_labels p JOIN questions q USING (question_id)
WHERE p.dataset = $dataset AND p.label = $label
ORDER BY p.variant, p.question_id
"""


@dataclass(frozen=True)
class Probed:
    """One model under one condition, what is asked of its states, and which slices there are."""

    dataset: str
    label: str
    condition_id: str
    model_id: str
    bare: bool
    slices: list[tuple[str, int]]

    @property
    def position(self) -> str:
        """Where the states are read."""
        return POSITIONS[self.label]


@dataclass(frozen=True)
class States:
    """Rows of one concept: `frame` has a row a state, in the order of the arrays made from it."""

    concept: str
    frame: pl.DataFrame

    @cached_property
    def truth(self) -> NDArray[np.int64]:
        """The label of each row, 0 or 1."""
        return self.frame["truth"].cast(pl.Int64).to_numpy()

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """The number of each row's group."""
        return self.frame["group_id"].rank("dense").cast(pl.Int64).to_numpy() - 1

    @cached_property
    def folds(self) -> NDArray[np.int64]:
        """The fold that holds each row out."""
        return self.frame["fold"].cast(pl.Int64).to_numpy()

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """Where the rows stand in a slice."""
        return self.frame["place"].cast(pl.Int64).to_numpy()


def probed(con: duckdb.DuckDBPyConnection, dataset: str) -> list[Probed]:
    """Return what of a data set can be probed, in a fixed order."""
    found = con.sql(_CAPTURED_SQL, params={"dataset": dataset}).pl()
    made = []
    for (condition, model, position), part in found.partition_by(
        "condition_id", "model_id", "position", as_dict=True, maintain_order=True
    ).items():
        # Letters and whole texts are not one question; letters have the more controls.
        bare = bool(part["bare"].all())
        # Slices that were read of other questions cannot be compared with most.
        kind = part.filter(pl.col("bare") == bare).sort("n", descending=True, maintain_order=True)
        same = kind.filter(pl.col("held") == kind["held"][0]).sort("site", "layer")
        slices = list(zip(same["site"], same["layer"], strict=True))
        if same.height < part.height:
            say(f"{dataset}: {part.height - same.height} slices not probed, as they were read of "
                f"other questions or replies than {len(slices)} slices of {model}.")  # fmt: skip
        label = next(name for name, where in POSITIONS.items() if where == position)
        made.append(Probed(dataset, label, str(condition), str(model), bare, slices))
    return made


def states(con: duckdb.DuckDBPyConnection, which: Probed) -> list[States]:
    """Return the rows of each concept, placed in the order of the first slice."""
    site, layer = which.slices[0]
    keys = pl.DataFrame(_read(con, which, site, layer).keys)
    one_head = keys.filter(pl.col("head").is_null() | (pl.col("head") == 0))
    rows = one_head.filter(_wanted(which)).select("question_id", "variant").with_row_index("place")
    labels = con.sql(_LABELS_SQL, params={"dataset": which.dataset, "label": which.label}).pl()
    frame = rows.join(labels, on=["question_id", "variant"], how="inner").sort("place")
    return [
        States(str(concept), part)
        for (concept,), part in sorted(frame.partition_by("concept", as_dict=True).items())
    ]


def features(
    con: duckdb.DuckDBPyConnection, which: Probed
) -> Iterator[tuple[str, int, list[int | None], NDArray[np.float32]]]:
    """Yield every slice: site, layer, its heads (None where it has none), [heads, rows, dim]."""
    for site, layer in which.slices:
        found = _read(con, which, site, layer)
        heads: list[Any] = found.keys.column("head").unique().to_pylist()
        kept = pl.DataFrame(found.keys).select(_wanted(which)).to_series().to_numpy()
        values = found.values if kept.all() else found.values[kept]
        yield site, layer, heads, values.reshape(len(heads), -1, values.shape[1])


def _wanted(which: Probed) -> pl.Expr:
    return pl.col("variant").str.starts_with("-") == which.bare


def _read(con: duckdb.DuckDBPyConnection, which: Probed, site: str, layer: int) -> vectors.Vectors:
    where = vectors.Slice(
        which.condition_id, site, layer, position=which.position, dataset=which.dataset
    )
    return vectors.read(con, where)
