"""One data set's answers as sums over clusters: all that the estimates of `quantify` need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources

import duckdb
import polars as pl

from analyze.views import query

CELL = ("reading", "model_id", "condition_id", "concept")
# Every estimate reads these; freezing them reads the lake's segments once.
_FROZEN = ("order_answers", "question_answers")
# The public views that stand on `answers`, each after those it stands on.
_ON_ANSWERS = (
    *_FROZEN,
    "order_consistency",
    "family_answers",
    "question_pairs",
    "question_baselines",
)


@dataclass(frozen=True)
class Frames:
    """Cluster sums, one frame a query of `queries/`."""

    clusters: pl.DataFrame
    consistency: pl.DataFrame
    families: pl.DataFrame
    pairs: pl.DataFrame
    missing: pl.DataFrame
    baselines: pl.DataFrame


def load(con: duckdb.DuckDBPyConnection, dataset: str) -> Frames:
    """Return the cluster sums of one data set."""
    with _frozen(con, dataset):
        return Frames(
            clusters=con.sql(query("clusters")).pl(),
            consistency=con.sql(query("consistency")).pl(),
            families=con.sql(query("families")).pl(),
            pairs=con.sql(query("pairs")).pl(),
            missing=con.sql(query("missing")).pl(),
            baselines=con.sql(query("baselines"), params={"dataset": dataset}).pl(),
        )


@contextmanager
def _frozen(con: duckdb.DuckDBPyConnection, dataset: str) -> Iterator[None]:
    """Make the public views speak of one data set and of rows read once, for a while."""
    con.execute(f"CREATE TEMP TABLE answers AS {query('frozen_answers')}", {"dataset": dataset})
    for name in _ON_ANSWERS:
        kind = "TABLE" if name in _FROZEN else "VIEW"
        text = resources.files("analyze").joinpath(f"{name}.sql").read_text("utf-8")
        con.execute(f"CREATE TEMP {kind} {name} AS {text}")
    try:
        yield
    finally:
        for name in reversed(_ON_ANSWERS):
            con.execute(f"DROP {'TABLE' if name in _FROZEN else 'VIEW'} temp.{name}")
        con.execute("DROP TABLE temp.answers")


def digest(con: duckdb.DuckDBPyConnection, dataset: str) -> str:
    """Return a text that changes with any row that the estimates are computed from."""
    [(text,)] = con.execute(query("digest"), {"dataset": dataset}).fetchall()
    return str(text)
