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

    To make every view takes a fifth of a second. Temporary tables are each reader's own.
    """

    def __init__(self) -> None:
        """Begin without a database."""
        self._con: duckdb.DuckDBPyConnection | None = None
        self._files: object = None

    def reader(self, lake: Path, files: Mapping[str, Sequence[str]]) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own; raise DamageError where a segment cannot be read."""
        state = _state(files)
        if self._con is None or state is None or state != self._files:
            self.close()
            self._con, self._files = connect(lake, files), state
        return self._con.cursor()

    def close(self) -> None:
        """Let go of the database, which lives as long as the last reader of it."""
        if self._con is not None:
            self._con.close()
            self._con = None


def _state(files: Mapping[str, Sequence[str]]) -> object:
    """Return what changes when a file does, None where one is missing."""
    try:
        found = {f: os.stat(f) for paths in files.values() for f in paths}
    except OSError:
        return None
    return {f: (s.st_size, s.st_mtime_ns, s.st_ino) for f, s in found.items()}
