"""What another tool's scorer said, with an interval: its mean over questions, by concept.

Question and estimand: for every concept, model, condition and scorer whose name holds a slash
(`inspect/match`, `lm-eval/acc`), the mean over questions of the value that the tool gave, each
question averaged over its samples. A scorer whose values in the data set all lie within [0, 1]
gives shares, any other numbers. `reading` names the scorer; `detail` holds the tool's own mean
over all samples.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import polars as pl

from analyze.concept_rows import Cell, about
from analyze.frames import CELL
from analyze.inference import mean, proportion
from analyze.result_rows import Row, Source, coverage, listing, result, rounded
from analyze.views import query

METRIC = "imported_score"


def imported_rows(con: duckdb.DuckDBPyConnection, source: Source) -> list[Row]:
    """Return the estimates of every scorer of another tool on one data set."""
    if not _any(con):
        return []
    params = {"dataset": source.dataset}
    sums: pl.DataFrame = con.sql(query("imported_scores"), params=params).pl()
    return list(_rows(source, sums))


def imported_digest(con: duckdb.DuckDBPyConnection, dataset: str) -> str | None:
    """Return a text that changes with any imported score; None where there are none."""
    if not _any(con):
        return None
    [(text,)] = con.execute(query("imported_digest"), {"dataset": dataset}).fetchall()
    return None if text is None else str(text)


def scored_elsewhere(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the data sets that another tool scored."""
    if not _any(con):
        return []
    found = con.execute("SELECT DISTINCT dataset FROM imported_scores ORDER BY 1").fetchall()
    return [dataset for (dataset,) in found]


def _any(con: duckdb.DuckDBPyConnection) -> bool:
    """Return whether another tool scored anything: most lakes are spared the view's joins."""
    found = con.execute("SELECT 1 FROM scores_history WHERE contains(scorer, '/') LIMIT 1")
    return bool(found.fetchall())


def _rows(source: Source, sums: pl.DataFrame) -> Iterator[Row]:
    shares = _shares(sums)
    for cell, clusters in sums.partition_by(*CELL, as_dict=True, maintain_order=True).items():
        where = {"dataset": source.dataset, "scorer": cell[0], **about(cell)}
        sql = listing("imported_scores", "value", where | {"reading": None}, "value IS NOT NULL")
        yield _row(source, cell, clusters, cell[0] in shares, sql)


def _shares(sums: pl.DataFrame) -> set[str]:
    """Return the scorers all of whose values lie within [0, 1], whichever model they judge."""
    extent = sums.group_by("reading").agg(pl.min("lowest"), pl.max("highest"))
    within = extent.filter((pl.col("lowest") >= 0) & (pl.col("highest") <= 1))
    return set(within["reading"])


def _row(source: Source, cell: Cell, clusters: pl.DataFrame, share: bool, sql: str) -> Row:
    values, missing = int(clusters["n_values"].sum()), int(clusters["missing"].sum())
    lowest, highest = clusters["lowest"].min(), clusters["highest"].max()
    sums, counts = clusters["value"], clusters["n"]
    estimate = (
        proportion(sums, counts, answers=values, n_missing=missing)
        if share and values
        else mean(sums, counts, n_missing=missing)
    )
    detail = {
        **coverage(estimate),
        "unit": "share" if share else "number",
        "samples": int(clusters["responses"].sum()),
        "samples_scored": values,
        "mean_over_samples": rounded(float(clusters["total"].sum()) / values) if values else None,
        "lowest": rounded(lowest),  # type: ignore[arg-type]
        "highest": rounded(highest),  # type: ignore[arg-type]
    }
    return result(source, METRIC, estimate, about(cell), sql, detail=detail)
