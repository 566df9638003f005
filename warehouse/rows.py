"""From what callers hold to Arrow tables with the declared schema, and what is new in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

import duckdb
import polars as pl
import pyarrow as pa

from warehouse.errors import InputError
from warehouse.schema import Table, arrow_schema

Rows: TypeAlias = pa.Table | pl.DataFrame | Sequence[Mapping[str, Any]]

# When and by whom a row was written is not part of what it says.
PROVENANCE = frozenset({"run_id", "ingested_at", "created_at", "computed_at"})


def now() -> datetime:
    """Return the present moment, UTC without a zone, as rows store it."""
    return datetime.now(UTC).replace(tzinfo=None)


def to_arrow(table: Table, rows: Rows, run_id: str) -> pa.Table:
    """Return rows with the declared columns, types and provenance.

    Raises InputError for an undeclared column, a missing required one or a wrong type.
    """
    found = _as_arrow(rows)
    unknown = set(found.column_names) - set(table.names)
    if unknown:
        raise InputError(f"'{table.name}' has no column {sorted(unknown)}.")
    filled: dict[str, Any] = {"run_id": run_id}
    filled |= {name: now() for name in PROVENANCE - {"run_id"}}
    arrays = []
    for field in arrow_schema(table.name):
        column = _column(found, field, filled)
        if not field.nullable and column.null_count:
            raise InputError(f"'{table.name}.{field.name}' is empty in {column.null_count} rows.")
        arrays.append(column)
    return pa.Table.from_arrays(arrays, schema=arrow_schema(table.name))


def _as_arrow(rows: Rows) -> pa.Table:
    if isinstance(rows, pa.Table):
        return rows
    if isinstance(rows, pl.DataFrame):
        return rows.to_arrow(compat_level=pl.CompatLevel.oldest())
    return pl.DataFrame(list(rows), infer_schema_length=None).to_arrow(
        compat_level=pl.CompatLevel.oldest()
    )


def _column(found: pa.Table, field: pa.Field, filled: Mapping[str, Any]) -> pa.ChunkedArray:
    if field.name in found.column_names:
        column = found.column(field.name)
        if field.name not in filled or column.null_count < len(column):
            try:
                return column.cast(field.type)
            except pa.ArrowException as error:
                raise InputError(f"Column '{field.name}' is not {field.type}: {error}.") from error
    value = filled.get(field.name)
    return pa.chunked_array([pa.array([value] * found.num_rows, field.type)])


def sort(table: Table, rows: pa.Table) -> pa.Table:
    """Return rows in the order of the table's files."""
    return rows.sort_by([(name, "ascending") for name in table.order])


def only_new(con: duckdb.DuckDBPyConnection, table: Table, rows: pa.Table) -> pa.Table:
    """Return the rows that are not in the lake yet, each once.

    Rows of a table whose versions are times are compared by all they say with the current
    row of their key; others by their key and version number. Rows that replace each other
    as a group are all new.
    """
    if table.replace_by:
        return rows
    numbered = [name for name in table.version if name not in PROVENANCE]
    timed = bool(table.version) and not numbered
    same = [n for n in table.names if n not in PROVENANCE] if timed else [*table.key, *numbered]
    existing = table.name if timed else f"{table.name}_history"
    con.register("incoming", rows)
    on = " AND ".join(f"e.{name} IS NOT DISTINCT FROM i.{name}" for name in same)
    key = ", ".join([*table.key, *numbered])
    new = con.sql(
        f"WITH i AS (FROM incoming QUALIFY row_number() OVER (PARTITION BY {key}) = 1)"
        f" SELECT * FROM i WHERE NOT EXISTS (SELECT 1 FROM {existing} e WHERE {on})"
    ).to_arrow_table()
    con.unregister("incoming")
    return new.cast(rows.schema)
