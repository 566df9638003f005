"""Scores and estimates: what the lake already holds, and adding new ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import duckdb

from analyze.result_rows import Row, Source
from console import say
from warehouse.keys import canonical
from warehouse.lake import Lake
from warehouse.run import Run

if TYPE_CHECKING:
    import pyarrow as pa

UNCHANGED = "Nothing changed since the last run; its results stand."


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


def keep(
    lake: Lake,
    sources: Sequence[Source],
    new: Sequence[Iterable[Row]],
    config: Mapping[str, Any],
    order: str,
) -> list[dict[str, Any]]:
    """Add the new estimates of an analysis in one run and return all that its sources have now."""
    analysis, study = sources[0].analysis, sources[0].study
    if new:
        with lake.run(f"analyze {analysis}", dict(config), study) as run:
            for rows in new:
                store(run, rows)
    else:
        say(UNCHANGED)
    with lake.reader("FROM results") as con:
        return stored(con, sources, order)


def store(run: Run, rows: Iterable[Row]) -> None:
    """Add estimates to the table, and their number to the run's counts."""
    written = [{**row, "detail": canonical(row["detail"])} for row in rows]
    run.count(results=run.append("results", written))


def add_scores(
    lake: Lake,
    command: str,
    study: str,
    unread: Callable[[duckdb.DuckDBPyConnection], Iterator[pa.Table]],
) -> int:
    """Add the scores that responses still lack, batch by batch; return how many were new."""
    with lake.reader() as con:
        batches = unread(con)
        first = next(batches, None)
        if first is None:
            return 0
        with lake.run(command, {"study": study}, study) as run:
            for batch in chain([first], batches):
                run.count(scored=run.append("scores", batch))
            return run.counts["scored"]
