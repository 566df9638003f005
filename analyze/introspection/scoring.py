"""Scores of answers and predictions: the value of every property that is asked about.

An answer to an object question gets one score for each property that some hypothetical question
asks of it (scorer `property:NAME`), an answer to a hypothetical question one (`prediction`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import duckdb
import polars as pl
import pyarrow as pa

from analyze.properties import JUDGED, REGISTRY, VERSION, read_answers, read_predictions
from analyze.stored import add_scores
from analyze.views import query
from warehouse.lake import Lake

# Replies held at a time, however many there are.
AT_ONCE = 200_000


def score_predictions(lake: Lake, study: str) -> int:
    """Read the answers and predictions that no reader has read; return how many scores are new."""
    return add_scores(lake, "analyze properties", study, unread)


def unread(con: duckdb.DuckDBPyConnection) -> Iterator[pa.Table]:
    """Yield the `scores` rows that answers and predictions still lack, a batch at a time."""
    computed, known = [*REGISTRY], [*REGISTRY, *JUDGED]
    yield from _scored(con, "unread_answers", computed, read_answers, _PROPERTY)
    yield from _scored(con, "unread_judgements", [*JUDGED], read_predictions, _PROPERTY)
    yield from _scored(con, "unread_predictions", known, read_predictions, _PREDICTION)


_PROPERTY = pl.concat_str(pl.lit("property:"), pl.col("property"))
_PREDICTION = pl.lit("prediction")


def _scored(
    con: duckdb.DuckDBPyConnection,
    name: str,
    properties: list[str],
    read: Callable[[pl.DataFrame], pl.DataFrame],
    scorer: pl.Expr,
) -> Iterator[pa.Table]:
    given = {"properties": properties, "version": VERSION}
    found = con.cursor().sql(query(f"introspection/{name}"), params=given)
    for batch in found.to_arrow_reader(AT_ONCE):
        replies = pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch])))
        scores = read(replies).join(
            replies.drop("text", "target", "truncated", strict=False),
            on=["request_key", "property"],
        )
        # What ended badly says so itself.
        ended = pl.col("status").is_in(["ok", "truncated"])
        judge = pl.col("judge") if "judge" in replies.columns else pl.lit(None, pl.String)
        judged = pl.when(judge.is_not_null()).then(pl.struct(judge=judge).struct.json_encode())
        rows = scores.select(
            "request_key",
            scorer.alias("scorer"),
            pl.lit(VERSION, pl.Int32).alias("version"),
            "label",
            "valid",
            pl.when(ended).then("reason").otherwise("status").alias("reason"),
            judged.alias("detail"),
            "attempt",
        )
        yield rows.to_arrow(compat_level=pl.CompatLevel.oldest())
