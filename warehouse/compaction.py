"""Fewer, larger, sorted segments: many small files are slow to open.

A compacted segment names in its footer the segments it replaces, so a crash between its
rename and its listing is finished by recovery, and a lost ledger is rebuilt without
duplicates. The replaced files stay for a grace period for readers that already opened them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from warehouse import segments, views
from warehouse.ledger import Segment
from warehouse.schema import TABLES, Table, arrow_schema

if TYPE_CHECKING:
    from warehouse.lake import Lake

# Measured: a group-by over a million rows takes 20 ms in 20 files and 229 ms in 2,000.
MAX_FILES = 64
FULL_BYTES = 256 * 2**20
# Rows come from their sorting in parts of about so many bytes; each becomes a row group.
_PART_BYTES = 4 * 2**20


def compact_if_many(lake: Lake) -> None:
    """Compact each table with more than `MAX_FILES` live segments; the caller holds the lock."""
    for table in _segment_tables():
        if len(lake.ledger.segments(table.name)) > MAX_FILES:
            compact_table(lake, table)


def compact_all(lake: Lake) -> dict[str, tuple[int, int]]:
    """Compact every table; return files before and after. The caller holds the lock."""
    result = {}
    for table in _segment_tables():
        before = len(lake.ledger.segments(table.name))
        compact_table(lake, table)
        result[table.name] = (before, len(lake.ledger.segments(table.name)))
    return result


def compact_table(lake: Lake, table: Table) -> None:
    """Merge the segments of a table that are not full into one sorted segment."""
    small = [s for s in lake.ledger.segments(table.name) if s.bytes < FULL_BYTES]
    if len(small) < 2:
        return
    names = [segment.name for segment in small]
    for name in names:
        # A merged copy of damaged bytes would carry a digest that fits them.
        segments.describe(segments.path_of(lake.path, name))
    merged = segments.write(lake.path, table.name, _sorted(lake, table, small), replaces=names)
    lake.ledger.list_segment(merged, replaces=names)


def _sorted(lake: Lake, table: Table, small: list[Segment]) -> Iterator[pa.Table]:
    files = [str(segments.path_of(lake.path, s.name).absolute()) for s in small]
    order = ", ".join(table.order)
    wide = sum(s.bytes for s in small) // max(1, sum(s.rows for s in small)) or 1
    rows = max(1, min(segments.ROW_GROUP_ROWS, _PART_BYTES // wide))
    with lake.ledger_reader() as con:
        history = views.history_sql(con, table, files)
        for where, values in _slices(con, table, history):
            query = f"FROM ({history}) {where} ORDER BY {order}"
            for batch in con.sql(query, params=values).to_arrow_reader(rows):
                yield pa.Table.from_batches([batch]).cast(arrow_schema(table.name))


def _slices(
    con: duckdb.DuckDBPyConnection, table: Table, history: str
) -> Iterator[tuple[str, list[Any]]]:
    """Yield a condition and its values for what is sorted at once: a slice, or the whole table.

    Vectors of all layers are more than memory holds; row groups of other slices are skipped.
    """
    if not table.slices:
        yield "", []
        return
    names = ", ".join(table.slices)
    where = " AND ".join(f"{name} = ?" for name in table.slices)
    found = con.sql(f"SELECT DISTINCT {names} FROM ({history}) ORDER BY {names}").fetchall()
    yield from ((f"WHERE {where}", list(values)) for values in found)


def _segment_tables() -> list[Table]:
    return [table for table in TABLES.values() if table.store == "segments"]
