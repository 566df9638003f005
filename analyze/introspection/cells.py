"""One data set's predictions as sums over clusters: all that estimates of accuracy need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl

from analyze.inference.clusters import Floats
from analyze.views import query

# What names a cell of the predictor x target matrix.
TARGET = ("target_id", "target_condition_id")
CELL = (*TARGET, "predictor_id", "predictor_condition_id")


@dataclass(frozen=True)
class Sums:
    """Sums of values and numbers of items, each [clusters, properties]; no cluster is empty."""

    properties: list[str]
    sums: Floats
    counts: Floats

    def only(self, name: str) -> Sums:
        """Return one property's sums and counts, of the clusters that hold an item."""
        if name not in self.properties:
            return Sums([name], np.zeros((0, 1)), np.zeros((0, 1)))
        number = self.properties.index(name)
        held = self.counts[:, number] > 0
        column = slice(number, number + 1)
        return Sums([name], self.sums[held, column], self.counts[held, column])

    def pooled(self) -> tuple[Floats, Floats]:
        """Return the sums and counts over all properties."""
        return self.sums.sum(axis=1), self.counts.sum(axis=1)


def freeze(con: duckdb.DuckDBPyConnection, dataset: str) -> None:
    """Read one data set's greedy predictions once, as the table `pairs` of this connection.

    Object questions and strings are numbers, which `items` explains; items on which the predictor
    was trained are marked, not left out.
    """
    for name in ("freeze_items", "freeze_pairs"):
        con.execute(query(f"introspection/{name}"), {"dataset": dataset})


def by_cluster(frame: pl.DataFrame) -> Sums:
    """Return the sums of a frame of `property`, `cluster`, `value`, `n`."""
    kept = frame.filter(pl.col("n") > 0)
    properties = kept["property"].unique().sort().to_list()
    if not properties:
        return Sums([], np.zeros((0, 0)), np.zeros((0, 0)))
    column = kept["property"].cast(pl.Enum(properties)).to_physical().to_numpy()
    place = kept["cluster"].to_numpy().astype(np.int64) * len(properties) + column

    def summed(name: str) -> Floats:
        flat = np.bincount(place, kept[name].to_numpy().astype(float))
        whole = np.zeros(-(-len(flat) // len(properties)) * len(properties))
        whole[: len(flat)] = flat
        return whole.reshape(-1, len(properties))

    sums, counts = summed("value"), summed("n")
    held = counts.any(axis=1)
    return Sums(properties, sums[held], counts[held])


def read(con: duckdb.DuckDBPyConnection, name: str, **given: object) -> pl.DataFrame:
    """Return an internal query's rows."""
    found: pl.DataFrame = con.sql(query(f"introspection/{name}"), params=given).pl()
    return found


def partitions(
    frame: pl.DataFrame, names: Sequence[str]
) -> list[tuple[dict[str, str], pl.DataFrame]]:
    """Return the parts of a frame that share the named columns, in the order of these."""
    if frame.is_empty():
        return []
    parts = frame.sort(names).partition_by(names, as_dict=True, maintain_order=True)
    return [(dict(zip(names, key, strict=True)), part) for key, part in parts.items()]
