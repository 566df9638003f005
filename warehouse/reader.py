"""Read-only DuckDB connections over the live segments.

Each reader is an in-memory database of views, locked down before any caller's SQL runs:
no file outside the segments folder, no extension, no setting, no Python variable.
"""

from __future__ import annotations

import os
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
    con.execute(f"SET GLOBAL temp_directory = {views.quote(str(spill))}")
    con.execute("SET GLOBAL python_enable_replacements = false")
    con.execute("SET GLOBAL autoinstall_known_extensions = false")
    con.execute("SET GLOBAL autoload_known_extensions = false")
    con.execute("SET GLOBAL TimeZone = 'UTC'")
    con.execute("SET enable_progress_bar = false")
    only = None if query is None else views.read_by(con, query)
    views.create(con, files, analyses, only)
    con.execute(
        f"SET GLOBAL allowed_directories = [{views.quote(str(lake.absolute() / 'segments'))}]"
    )
    con.execute("SET GLOBAL enable_external_access = false")
    con.execute("SET GLOBAL lock_configuration = true")
    return con


class Shared:
    """The database that one process's readers of all views share while the files stay the same.

    To make every view takes a fifth of a second. Temporary tables are each reader's own; who
    makes, replaces or drops anything else leaves the next reader a database of its own.
    """

    def __init__(self) -> None:
        """Begin without a database."""
        self._con: duckdb.DuckDBPyConnection | None = None
        self._process, self._files, self._catalogue = 0, object(), object()
        # A forked child may neither use its parent's databases nor take them apart.
        self._inherited: list[object] = []

    def reader(self, lake: Path, files: Mapping[str, Sequence[str]]) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own; raise DamageError where a segment cannot be read."""
        con, state = self._con, _state(files)
        if con is not None and self._process != os.getpid():
            self._inherited.append(con)
        elif con is not None and state == self._files and _catalogue(con) == self._catalogue:
            return con.cursor()
        con = connect(lake, files)
        self._con, self._process, self._files = con, os.getpid(), state
        self._catalogue = _catalogue(con)
        return con.cursor()

    def close(self) -> None:
        """Let go of the database, which lives as long as the last reader of it."""
        # Not closed: that would close its readers too.
        self._con = None


_CATALOGUE_SQL = """
SELECT
    (SELECT bit_xor(hash(view_name, sql)) FROM duckdb_views() WHERE NOT internal AND NOT temporary),
    (SELECT count(*) FROM duckdb_tables() WHERE NOT temporary),
    (SELECT count(*) FROM duckdb_databases()),
    (SELECT count(*) FROM duckdb_functions() WHERE NOT internal)
"""


def _catalogue(con: duckdb.DuckDBPyConnection) -> object:
    """Return what changes with anything that all readers see, None where that cannot be told."""
    try:
        return con.cursor().execute(_CATALOGUE_SQL).fetchall()
    except duckdb.Error:
        return None


def _state(files: Mapping[str, Sequence[str]]) -> object:
    """Return what changes when a file does, something else each time where one is missing."""
    try:
        found = {f: os.stat(f) for paths in files.values() for f in paths}
    except OSError:
        return object()
    return {f: (s.st_size, s.st_mtime_ns, s.st_ino) for f, s in found.items()}
