"""Estimates that the table `results` already holds, and adding new ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb

from analyze.result_rows import Row, Source
from warehouse.keys import canonical
from warehouse.run import Run


def is_stored(con: duckdb.DuckDBPyConnection, source: Source) -> bool:
    """Return whether the estimates of a source are those of its present inputs."""
    found = con.execute(
        "SELECT DISTINCT inputs_digest FROM results"
        " WHERE analysis = ? AND study = ? AND params = ?",
        [source.analysis, source.study, source.params],
    ).fetchall()
    return found == [(source.inputs_digest,)]


def stored(
    con: duckdb.DuckDBPyConnection, sources: Sequence[Source], order: str
) -> list[dict[str, Any]]:
    """Return the estimates of sources of one analysis and study, in the order of the columns."""
    rows = con.sql(
        "SELECT * FROM results WHERE analysis = ? AND study = ? AND list_contains(?, params)"
        f" ORDER BY {order}",
        params=[sources[0].analysis, sources[0].study, [source.params for source in sources]],
    )
    return list(rows.pl().iter_rows(named=True))


def store(run: Run, rows: Iterable[Row]) -> None:
    """Add estimates to the table, and their number to the run's counts."""
    written = [{**row, "detail": canonical(row["detail"])} for row in rows]
    run.count(results=run.append("results", written))
