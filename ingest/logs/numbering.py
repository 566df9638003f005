"""Which answer to its question a sample is, whichever logs came before it.

A question that one item asks has that item's repeats as its samples. Where several items ask
the same question, what the lake holds keeps its number, and the others count on from there, so
that logs may come in together or one by one.
"""

from __future__ import annotations

import duckdb
import polars as pl

_QUESTION = ["question_id", "variant", "reading", "condition_id"]
_SAMPLE = [*_QUESTION, "item", "repeat"]

# What each tool calls the item stands in the metadata under the tool's own word.
_HELD = f"""
SELECT DISTINCT
    {", ".join(_QUESTION)},
    coalesce(metadata ->> 'id', metadata ->> 'doc_id') AS item,
    coalesce(CAST(metadata ->> 'repeat' AS INTEGER), sample_index) AS repeat,
    sample_index AS held
FROM responses
SEMI JOIN cells USING ({", ".join(_QUESTION)})
WHERE origin = 'imported'
"""


def numbered(
    samples: pl.DataFrame, con: duckdb.DuckDBPyConnection
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return samples with `sample_index`, and those whose question another item asks too.

    Args:
        samples: with question_id, variant, reading, condition_id, item and repeat (from 0).
        con: a reader of the lake.
    """
    held = _held(samples, con)
    asking = pl.concat([samples.select(*_QUESTION, "item"), held.select(*_QUESTION, "item")])
    several = (
        asking.drop_nulls("item").group_by(_QUESTION).agg(pl.col("item").n_unique())
        .filter(pl.col("item") > 1)
    )  # fmt: skip
    if several.is_empty():
        return samples.with_columns(sample_index="repeat"), samples.clear()
    shared = samples.join(several, on=_QUESTION, how="semi")
    found = samples.join(_places(shared, held), on=_SAMPLE, how="left", maintain_order="left")
    index = pl.coalesce("sample_index", "repeat").cast(pl.Int32)
    return found.with_columns(sample_index=index), shared


def _held(samples: pl.DataFrame, con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    con.register("cells", samples.select(_QUESTION).unique())
    held: pl.DataFrame = con.sql(_HELD).pl()
    con.unregister("cells")
    return held.cast({"repeat": pl.Int32, "held": pl.Int32})


def _places(shared: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """Return one row a sample of shared questions: the number it has, or the next that is free."""
    free = held.group_by(_QUESTION).agg(free=pl.col("held").max() + 1)
    ordered = shared.select(_SAMPLE).unique().sort(_SAMPLE)
    known = ordered.join(held, on=_SAMPLE, how="inner").rename({"held": "sample_index"})
    new = ordered.join(held, on=_SAMPLE, how="anti", maintain_order="left")
    new = new.join(free, on=_QUESTION, how="left", maintain_order="left")
    place = pl.int_range(pl.len()).over(_QUESTION) + pl.col("free").fill_null(0)
    new = new.select(*_SAMPLE, sample_index=place.cast(pl.Int32))
    return pl.concat([known.select(new.columns), new])
