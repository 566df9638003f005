"""Read-only DuckDB connections over the live segments.

Each reader is an in-memory database of views, locked down before any caller's SQL runs:
no file outside the segments folder, no extension, no setting, no Python variable.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from warehouse import views


def connect(
    lake: Path,
    files: Mapping[str, Sequence[str]],
    analyses: bool = True,
    query: str | None = None,
) -> duckdb.DuckDBPyConnection:
    """Return a locked connection with a view for every table and, if asked, analysis view.

    With a query there are only the views that it reads.
    """
    con = duckdb.connect()
    spill = Path(tempfile.gettempdir()) / "mirrorlake-spill"
    con.execute(f"SET temp_directory = {views.quote(str(spill))}")
    con.execute("SET python_enable_replacements = false")
    con.execute("SET autoinstall_known_extensions = false")
    con.execute("SET autoload_known_extensions = false")
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET enable_progress_bar = false")
    only = None if query is None else views.read_by(con, query)
    views.create(con, files, analyses, only)
    con.execute(f"SET allowed_directories = [{views.quote(str(lake.absolute() / 'segments'))}]")
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    return con
