"""One data set's predictions as sums over clusters: all that estimates of accuracy need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl

from analyze.inference.clusters import Floats
from analyze.views import query

# What names who is predicted.
TARGET = ("target_id", "target_condition_id")


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
    """Read one data set's greedy predictions once, as `pairs` of this connection.

    Object questions and strings are numbers, which `items` explains; items on which the predictor
    was trained are marked, not left out.
    """
    con.execute(query("introspection/freeze_askers"))
    for name in ("freeze_items", "freeze_pairs"):
        con.execute(query(f"introspection/{name}"), {"dataset": dataset})
    con.execute(query("introspection/freeze_names"))


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


def by_asker(
    con: duckdb.DuckDBPyConnection, name: str, columns: Sequence[str]
) -> list[tuple[dict[str, str], pl.DataFrame]]:
    """Return an internal query's rows by who was asked, whose numbers stand in the columns.

    Each part is named by `<column>_id`, the model, and `<column>_condition_id`.
    """
    rows = con.execute("SELECT asker, model_id, condition_id FROM askers").fetchall()
    known = {asker: ids for asker, *ids in rows}
    return [
        (
            {
                f"{column}_{kind}": value
                for column, asker in numbers.items()
                for kind, value in zip(("id", "condition_id"), known[int(asker)], strict=True)
            },
            part,
        )
        for numbers, part in partitions(read(con, name), columns)
    ]


def partitions(
    frame: pl.DataFrame, names: Sequence[str]
) -> list[tuple[dict[str, str], pl.DataFrame]]:
    """Return what shares the named columns, without them, in the order of their values."""
    parts = frame.partition_by(names, as_dict=True, maintain_order=True, include_key=False)
    # Sorting the few keys, not the many rows.
    keys = sorted(parts, key=lambda key: [(value is not None, value) for value in key])
    return [(dict(zip(names, key, strict=True)), parts[key]) for key in keys]
