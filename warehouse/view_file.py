"""The DuckDB file of views: of what it held before only what changed is made anew.

Every view bears a digest of what it was made from as its comment; views without one are a user's
own and stay. Binding a view binds all that it stands on, so that making them all costs a fifth of
a second; a new segment changes one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import duckdb

from warehouse import views
from warehouse.keys import canonical, digest
from warehouse.schema import TABLES

PREFIX = "v1_"


def write(path: Path, files: Mapping[str, Sequence[str]], old: Path) -> None:
    """Write the views over files to a new file, starting from an old one where it can be read.

    Raises DamageError when a segment cannot be read, OSError or duckdb.Error when the file cannot
    be written.
    """
    if old.exists():
        try:
            shutil.copyfile(old, path)
            _renew(path, files)
        except (OSError, duckdb.Error):
            for left in (path, path.with_name(f"{path.name}.wal")):
                left.unlink(missing_ok=True)
        else:
            return
    path.write_bytes(_empty())
    _renew(path, files)


@cache
def _empty() -> bytes:
    """Return the file of a lake without rows, with which every lake begins."""
    with tempfile.TemporaryDirectory(prefix="mirrorlake-") as folder:
        path = Path(folder) / "empty.duckdb"
        _renew(path, {})
        return path.read_bytes()


def _renew(path: Path, files: Mapping[str, Sequence[str]]) -> None:
    with duckdb.connect() as con:
        # The oldest storage version that views need, so that any DuckDB 1.x client opens it.
        con.execute(f"ATTACH {views.quote(str(path))} AS w (STORAGE_VERSION 'v1.0.0')")
        con.execute("USE w")
        wanted = fingerprints(files)
        # One transaction, since every commit is written through to the disk.
        con.execute("BEGIN")
        found = dict(con.execute(_FOUND_SQL).fetchall())
        for name, mark in found.items():
            if name not in wanted and (mark or "").startswith(PREFIX):
                con.execute(f"DROP VIEW {name}")
        changed = {name for name, mark in wanted.items() if found.get(name) != mark}
        views.create(con, files, only=changed)
        for name in sorted(changed):
            con.execute(f"COMMENT ON VIEW {name} IS {views.quote(wanted[name])}")
        con.execute("COMMIT")
        con.execute("USE memory")
        con.execute("DETACH w")
    # DuckDB flushes what it wrote, which is nothing where no view changed.
    with path.open("rb") as file:
        os.fsync(file.fileno())


_FOUND_SQL = """
SELECT view_name, comment FROM duckdb_views() WHERE database_name = 'w' AND NOT internal
"""


def fingerprints(files: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return for every view a digest of all that decides what it shows and of what type."""
    definitions = _definitions()
    marks = dict.fromkeys([*TABLES, *views.analysis_views()], definitions)
    histories = {f"{name}_history": _mark(definitions, *files.get(name, ())) for name in TABLES}
    return histories | marks


@cache
def _definitions() -> str:
    # A view keeps the columns that it was made with, as this DuckDB typed them: where one changes
    # all are made anew.
    columns = (f"{t.name} {c.name} {c.type}" for t in TABLES.values() for c in t.columns)
    current = map(views.current_sql, TABLES.values())
    return _mark(duckdb.__version__, *columns, *current, *views.analysis_views().values())


def _mark(*parts: str) -> str:
    return digest(canonical(parts), PREFIX, 40)
