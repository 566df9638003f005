"""The ledger: what is in flight, which segments are live, and the small tables.

One SQLite database a lake, with a write-ahead log and `synchronous=FULL`: when a call that
writes returns, its rows survive a power cut. A request moves `planned -> done -> sealed`;
a sealed request leaves the ledger for a Parquet segment in the transaction that lists the
segment, so at no moment is a finished answer in neither place.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from warehouse.errors import DamageError, SchemaError, StorageError
from warehouse.request_log import CREATE_REQUESTS, RequestLog
from warehouse.schema import ATTEMPTS, SCHEMA_VERSION, TABLES, Column, Table

LEDGER_TABLES = [table for table in TABLES.values() if table.store == "ledger"]

# What the write-ahead log may keep of its size once it has been played into the ledger.
_LOG_BYTES = 64 * 2**20

# What a broken file answers; everything else (full, busy, refused) is the disk's or a moment's.
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})

_SQL_TYPES = {
    "VARCHAR": "TEXT",
    "TIMESTAMP": "TEXT",
    "INTEGER": "INTEGER",
    "BIGINT": "INTEGER",
    "DOUBLE": "REAL",
}


@dataclass(frozen=True)
class Segment:
    """One Parquet file as the ledger lists it; `digest` is the SHA-256 of its bytes."""

    name: str
    table: str
    rows: int
    bytes: int
    digest: str


def _declared(column: Column) -> str:
    return f'"{column.name}" {_SQL_TYPES[column.type]}{"" if column.nullable else " NOT NULL"}'


def _create_table(table: Table) -> str:
    columns = ", ".join(map(_declared, table.columns))
    key = ", ".join(f'"{name}"' for name in table.key)
    return f"CREATE TABLE {table.name} ({columns}, PRIMARY KEY ({key})) WITHOUT ROWID"


# Tables of the ledger by name; one that is missing was declared after the ledger was made.
_CREATE = {
    "meta": "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "segments": """CREATE TABLE segments (
        name TEXT PRIMARY KEY, table_name TEXT NOT NULL, rows INTEGER NOT NULL,
        bytes INTEGER NOT NULL, digest TEXT NOT NULL, state TEXT NOT NULL, superseded_at REAL,
        replaced_by TEXT
    ) WITHOUT ROWID""",
    "requests": CREATE_REQUESTS,
    **{table.name: _create_table(table) for table in (ATTEMPTS, *LEDGER_TABLES)},
}

# Columns that a table of the ledger gained later, besides those that the schema declares.
_GAINED = [("requests", Column("batch_id", "VARCHAR", ""))]
_DECLARED = [(t.name, column) for t in (ATTEMPTS, *LEDGER_TABLES) for column in t.columns]

# What a ledger has had from the beginning.
_FIRST = {"meta", "segments", "requests", "models", "conditions", "interventions", "audits", "runs"}

# A table that no command filled in its first form, told by a column that it has now.
_REMADE = {"interventions": "edit"}

# What the ledger drops, by (request_key, attempt), when a segment of a table is listed.
_SEALED = {
    "responses": "DELETE FROM requests WHERE request_key = ? AND attempt = ? AND state = 'done'",
    "attempts": "DELETE FROM attempts WHERE request_key = ? AND attempt = ?",
}


class Ledger:
    """An open ledger; every public method that writes is one transaction."""

    def __init__(self, path: Path) -> None:
        """Open the ledger at `path`.

        A folder that refuses writing gives a ledger that can be read. Raises SchemaError for
        another schema version, DamageError for a broken file, StorageError for a refusing disk.
        """
        self.path = path
        with self._translated("opened"):
            if os.access(path.parent, os.W_OK):
                self._open("rw")
            else:
                self._open_to_read()
        self._require_version()
        if os.access(path.parent, os.W_OK):
            self._gain()

    @classmethod
    def make(cls, path: Path) -> Ledger:
        """Return a new, empty ledger at `path`, where there is no file."""
        made = cls.__new__(cls)
        made.path = path
        with made._translated("made"):
            made._open("rwc")
            made._create()
        return made

    def _open(self, mode: str) -> None:
        self.db = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            # A plan of ten million requests holds the ledger for most of a minute.
            timeout=300,
            check_same_thread=False,
        )
        self.db.execute("PRAGMA synchronous=FULL")
        # A plan of millions is claimed in one transaction; its log does not stay that large.
        self.db.execute(f"PRAGMA journal_size_limit={_LOG_BYTES}")

    def _open_to_read(self) -> None:
        try:
            self._open("ro")
            self.db.execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            # Without a writer there is no shared memory, and it cannot be made here.
            self._open("ro&immutable=1")

    def _create(self) -> None:
        self.db.execute("PRAGMA auto_vacuum=INCREMENTAL")
        self.db.execute("PRAGMA journal_mode=WAL")
        with self.transaction():
            for statement in _CREATE.values():
                self.db.execute(statement)
            self.set_meta("schema_version", str(SCHEMA_VERSION))

    @cached_property
    def requests(self) -> RequestLog:
        """Requests on their way, and what their tries may have cost."""
        return RequestLog(self)

    def _gain(self) -> None:
        """Add the tables and columns that were declared after this ledger was made."""
        if not (self._missing_tables() or self._missing_columns()):
            return
        with self.transaction() as db:
            for table, column in self._missing_columns():
                if _REMADE.get(table) == column.name:
                    db.execute(f"DROP TABLE {table}")
                    db.execute(_CREATE[table])
            for name in self._missing_tables():
                db.execute(_CREATE[name])
            for table, column in self._missing_columns():
                db.execute(f"ALTER TABLE {table} ADD COLUMN {_declared(column)}")

    def _missing_tables(self) -> list[str]:
        found = self._tables()
        # Without any of the first ones the file is no ledger of ours; `verify` says so.
        return [name for name in _CREATE if name not in found and name not in _FIRST]

    def _tables(self) -> set[str]:
        return {name for (name,) in self.select("SELECT name FROM sqlite_master")}

    def _missing_columns(self) -> list[tuple[str, Column]]:
        stored = {
            (name, row[1]) for name in _CREATE for row in self.select(f"PRAGMA table_info({name})")
        }
        tables = {name for name, _ in stored}
        return [
            (table, column)
            for table, column in (*_GAINED, *_DECLARED)
            if table in tables and (table, column.name) not in stored
        ]

    @contextmanager
    def _translated(self, done: str) -> Iterator[None]:
        """Raise SQLite's errors within a block as ours: damage, or a disk that refuses."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF in _DAMAGE:
                raise self._damage(str(error)) from error
            raise StorageError(
                f"The ledger {self.path} could not be {done} ({error}). "
                "Free disk space or wait for the other command, then run it again."
            ) from error

    def _damage(self, why: str) -> DamageError:
        return DamageError(
            f"The ledger {self.path} cannot be read ({why}). Rebuild it from the segments: "
            f"mirrorlake lake check --repair --lake {self.path.parent}"
        )

    def select(self, query: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Return the rows of a query."""
        with self._translated("read"):
            return self.db.execute(query, parameters).fetchall()

    def each(self, query: str, parameters: Sequence[Any] = ()) -> Iterator[Any]:
        """Yield the rows of a query, which may be more than can be held."""
        with self._translated("read"):
            yield from self.db.execute(query, parameters)

    def verify(self) -> None:
        """Raise DamageError unless the file is whole and holds every table."""
        [(verdict,)] = self.select("PRAGMA integrity_check(1)")
        if verdict != "ok":
            raise self._damage(verdict)
        if lacking := sorted(_CREATE.keys() - self._tables()):
            raise self._damage(f"it lacks {', '.join(lacking)}")

    def _require_version(self) -> None:
        if not self.select("SELECT 1 FROM sqlite_master WHERE name = 'meta'"):
            raise self._damage("it has no tables")
        found = self.meta("schema_version")
        if found != str(SCHEMA_VERSION):
            raise SchemaError(
                f"The lake {self.path.parent} has schema version {found}; this program writes "
                f"version {SCHEMA_VERSION}. Use the release that wrote it, or start a new lake."
            )

    def close(self) -> None:
        """Close the database."""
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run a block as one durable transaction; nested blocks join the outer one."""
        if self.db.in_transaction:
            yield self.db
            return
        with self._translated("written"):
            try:
                self.db.execute("BEGIN IMMEDIATE")
                yield self.db
                self.db.execute("COMMIT")
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise

    # --- facts about the lake -------------------------------------------------------------

    def meta(self, key: str) -> str | None:
        """Return a fact about the lake, or None."""
        rows = self.select("SELECT value FROM meta WHERE key = ?", (key,))
        return rows[0][0] if rows else None

    def set_meta(self, key: str, value: str) -> None:
        """Store a fact about the lake."""
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def generation(self) -> int:
        """Return a number that grows with every change of what readers may see."""
        return int(self.meta("generation") or 0)

    def _changed(self) -> None:
        self.set_meta("generation", str(self.generation() + 1))

    # --- segments -------------------------------------------------------------------------

    def segments(self, table: str | None = None) -> list[Segment]:
        """Return the live segments, of one table or of all, ordered by table and name."""
        query = (
            "SELECT name, table_name, rows, bytes, digest FROM segments WHERE state = 'live'"
            " AND table_name = coalesce(?, table_name) ORDER BY table_name, name"
        )
        return [Segment(*row) for row in self.select(query, (table,))]

    def segment_names(self) -> set[str]:
        """Return the names of all listed segments, live and superseded."""
        return {row[0] for row in self.select("SELECT name FROM segments")}

    def list_segment(
        self,
        segment: Segment,
        replaces: Sequence[str] = (),
        sealed: Iterable[tuple[str, int]] = (),
    ) -> None:
        """List a segment, supersede those it replaces and drop the bodies it now holds.

        `sealed` are the (request_key, attempt) pairs of those bodies.
        """
        with self.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO segments VALUES (?, ?, ?, ?, ?, 'live', NULL, NULL)",
                (segment.name, segment.table, segment.rows, segment.bytes, segment.digest),
            )
            self._changed()
            self.supersede((n for n in replaces if n != segment.name), segment.name)
            if segment.table in _SEALED:
                db.executemany(_SEALED[segment.table], sealed)

    def supersede(self, names: Iterable[str], by: str | None = None) -> None:
        """Take segments out of the views; their files stay until no reader can need them."""
        with self.transaction() as db:
            self._changed()
            db.executemany(
                "UPDATE segments SET state = 'superseded', superseded_at = ?, replaced_by = ?"
                " WHERE name = ? AND state = 'live'",
                [(time.time(), by, name) for name in names],
            )

    def revive(self, lost: str) -> None:
        """Bring back the segments that a lost one had replaced, as far as they are still there."""
        with self.transaction() as db:
            self._changed()
            db.execute(
                "UPDATE segments SET state = 'live', superseded_at = NULL, replaced_by = NULL"
                " WHERE replaced_by = ?",
                (lost,),
            )

    def superseded_before(self, moment: float) -> list[str]:
        """Return the segments superseded before a moment, oldest first."""
        query = (
            "SELECT name FROM segments WHERE state = 'superseded' AND superseded_at <= ?"
            " ORDER BY superseded_at, name"
        )
        return [row[0] for row in self.select(query, (moment,))]

    def forget_segment(self, name: str) -> None:
        """Take a segment off the list."""
        with self.transaction() as db:
            self._changed()
            db.execute("DELETE FROM segments WHERE name = ?", (name,))

    def shrink(self) -> None:
        """Give the space of dropped rows back to the disk."""
        # The pragma frees one page a step: a script takes all steps, `execute` only the first.
        # What another command's work keeps us from freeing now is freed next time.
        with suppress(sqlite3.OperationalError):
            self.db.executescript("PRAGMA incremental_vacuum")

    # --- small tables ---------------------------------------------------------------------

    def upsert(self, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert rows of a small table, replacing those with the same key."""
        marks, names = ", ".join("?" * len(table.columns)), ", ".join(map(_quoted, table.names))
        with self.transaction() as db:
            self._changed()
            db.executemany(
                f"INSERT OR REPLACE INTO {table.name} ({names}) VALUES ({marks})",
                [[row.get(name) for name in table.names] for row in rows],
            )

    def rows(self, table: Table) -> list[dict[str, Any]]:
        """Return all rows of a small table in key order."""
        names, order = ", ".join(map(_quoted, table.names)), ", ".join(map(_quoted, table.key))
        rows = self.select(f"SELECT {names} FROM {table.name} ORDER BY {order}")
        return [dict(zip(table.names, row, strict=True)) for row in rows]

    def delete(self, table: Table, column: str, value: str) -> None:
        """Delete the rows of a small table with a value in a column."""
        with self.transaction() as db:
            self._changed()
            db.execute(f'DELETE FROM {table.name} WHERE "{column}" = ?', (value,))


def _quoted(name: str) -> str:
    return f'"{name}"'
