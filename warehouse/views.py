"""The SQL of every view: history, current rows, and the views that analyses bring.

`<table>_history` is all rows ever sealed; `<table>` is the current row of each key.
The analyses' views are plain SELECTs in `analyze/*.sql`, read as package resources.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from graphlib import TopologicalSorter
from importlib import resources

import duckdb

from warehouse.errors import DamageError
from warehouse.schema import TABLES, Table


def quote(text: str) -> str:
    """Return text as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def history_sql(con: duckdb.DuckDBPyConnection, table: Table, files: Sequence[str]) -> str:
    """Return a SELECT over all rows of a table; typed and empty when there are no files.

    A column that was declared after a file was written is NULL for the rows of that file.
    """
    if not files:
        return f"SELECT {_columns(table, set())} WHERE false"
    scan = f"read_parquet([{', '.join(map(quote, files))}], union_by_name = true)"
    written = {column[0] for column in con.sql(f"FROM {scan} LIMIT 0").description}
    return f"SELECT {_columns(table, written)} FROM {scan}"


def _columns(table: Table, written: Collection[str]) -> str:
    return ", ".join(
        f'"{c.name}"' if c.name in written else f'CAST(NULL AS {c.type}) AS "{c.name}"'
        for c in table.columns
    )


def current_sql(table: Table) -> str:
    """Return a SELECT over the current rows of a table's history."""
    history = f"{table.name}_history"
    if table.replace_by:
        by = ", ".join(table.replace_by)
        newest = f"max({table.version[0]}) OVER (PARTITION BY {by})"
        return f"SELECT * FROM {history} QUALIFY {table.version[0]} = {newest}"
    if not table.version:
        return f"SELECT * FROM {history}"
    if all(_type(table, name) == "INTEGER" for name in table.version):
        return _newest_numbered(table, history)
    order = ", ".join(f"{name} DESC" for name in table.version)
    key = ", ".join(table.key)
    return (
        f"SELECT * FROM {history}"
        f" QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {order}) = 1"
    )


def _newest_numbered(table: Table, history: str) -> str:
    # Versions count from 1 and few rows have a second one: looking only for rows above 1 lets
    # DuckDB skip nearly every row group by its statistics, where a window would sort them all.
    key = " AND ".join(f"newer.{name} = h.{name}" for name in table.key)
    above = " OR ".join(f"newer.{name} > 1" for name in table.version)
    left = ", ".join(f"newer.{name}" for name in table.version)
    right = ", ".join(f"h.{name}" for name in table.version)
    return (
        f"SELECT * FROM {history} h WHERE NOT EXISTS (SELECT 1 FROM {history} newer"
        f" WHERE ({above}) AND {key} AND ({left}) > ({right}))"
    )


def _type(table: Table, column: str) -> str:
    return next(c.type for c in table.columns if c.name == column)


@cache
def analysis_views() -> dict[str, str]:
    """Return the SELECT of every analysis view by name, each after those it stands on."""
    folder = resources.files("analyze")
    selects = {
        item.name.removesuffix(".sql"): item.read_text("utf-8").strip().rstrip(";")
        for item in folder.iterdir()
        if item.name.endswith(".sql")
    }
    stands_on = {name: _named(selects[name], selects, name) for name in sorted(selects)}
    return {name: selects[name] for name in TopologicalSorter(stands_on).static_order()}


# Statements that look at the catalogue itself, or name tables in ways no parser can follow.
_CATALOGUE = re.compile(
    r"\b(show|describe|query|query_table|information_schema|(duckdb|pg|sqlite|pragma)_\w+)\b",
    re.IGNORECASE,
)


def read_by(con: duckdb.DuckDBPyConnection, query: str) -> set[str] | None:
    """Return the views that a query reads, with those they stand on; None where any may be.

    None also stands for a query that cannot be parsed or names no view, so that DuckDB's
    error speaks of the whole lake.
    """
    if _CATALOGUE.search(query):
        return None
    try:
        left = {name.lower() for name in con.get_table_names(query)}
    except duckdb.Error:
        return None
    stands_on = _stands_on()
    if not left <= stands_on.keys():
        return None
    found: set[str] = set()
    while left:
        name = left.pop()
        found.add(name)
        left |= stands_on[name] - found
    return found


@cache
def _stands_on() -> dict[str, set[str]]:
    selects = {f"{name}_history": "" for name in TABLES}
    selects |= {table.name: current_sql(table) for table in TABLES.values()}
    selects |= analysis_views()
    return {name: {*_named(select, selects, name)} for name, select in selects.items()}


def _named(select: str, known: Collection[str], own: str) -> list[str]:
    """Return the known names that a SELECT names outside its comments, in alphabetical order."""
    code = re.sub(r"--.*", "", select)
    return sorted({word for word in re.findall(r"\w+", code) if word in known} - {own})


def create(
    con: duckdb.DuckDBPyConnection,
    files: Mapping[str, Sequence[str]],
    analyses: bool = True,
    only: Collection[str] | None = None,
) -> None:
    """Create the views of every table, and of the analyses, in a connection; or `only` some.

    A view that is there already is replaced.

    Raises DamageError when a segment is missing or its footer cannot be read.
    """
    # Each view that stands on others opens their files once more: their footers are kept.
    con.execute("SET GLOBAL parquet_metadata_cache = true")
    for table in TABLES.values():
        if only is None or f"{table.name}_history" in only:
            _create_history(con, table, files.get(table.name, ()))
        if only is None or table.name in only:
            con.execute(f"CREATE OR REPLACE VIEW {table.name} AS {current_sql(table)}")
    for name, select in analysis_views().items() if analyses else ():
        if only is None or name in only:
            con.execute(f"CREATE OR REPLACE VIEW {name} AS {select}")


def _create_history(con: duckdb.DuckDBPyConnection, table: Table, files: Sequence[str]) -> None:
    try:
        history = history_sql(con, table, files)
        con.execute(f"CREATE OR REPLACE VIEW {table.name}_history AS {history}")
    except duckdb.Error as error:
        raise DamageError(
            f"A segment of '{table.name}' cannot be read "
            f"({str(error).splitlines()[0]}). Name and mend it: mirrorlake lake check --repair"
        ) from error
