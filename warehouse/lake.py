"""A lake: the folder, its ledger, and the two ways in: readers and runs.

lake = open_lake("lake", create=True)
with lake.run("ingest starter") as run:
    run.append("questions", rows)
with lake.reader() as con:
    con.sql("SELECT count(*) FROM questions").show()
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console import say
from warehouse import locks
from warehouse.errors import DamageError, InputError
from warehouse.ledger import Ledger

if TYPE_CHECKING:
    import duckdb

    from warehouse.reader import Shared
    from warehouse.run import Run
    from warehouse.vectors import Vectors

LEDGER = "ledger.sqlite"


class Lake:
    """An open lake."""

    def __init__(self, path: Path, ledger: Ledger) -> None:
        """Wrap an existing folder and its ledger; use `open_lake`."""
        self.path, self.ledger = path, ledger

    @cached_property
    def _shared(self) -> Shared:
        from warehouse.reader import Shared

        return Shared()

    @property
    def writable(self) -> bool:
        """Whether this process may write in the folder."""
        return os.access(self.path, os.W_OK)

    @cached_property
    def publish_lock(self) -> locks.FileLock:
        """The lock under which segments are written, listed and published."""
        return publish_lock(self.path)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the publish lock, with every whole segment listed.

        A writer killed beside this one may have left a segment unlisted; what is written now
        must not repeat its rows.
        """
        from warehouse import recovery

        with self.publish_lock.held(say):
            recovery.adopt_unlisted(self)
            yield

    def run(
        self, command: str, config: Mapping[str, Any] | None = None, study: str | None = None
    ) -> Run:
        """Return a context manager for one writing command; recovery happens on entry."""
        from warehouse.run import Run

        return Run(self, command, dict(config or {}), study)

    def reader(self, query: str | None = None) -> duckdb.DuckDBPyConnection:
        """Return a locked, read-only DuckDB connection over all published rows.

        With a query it is for that query only, and opens the sooner.
        """
        from warehouse import publish, reader

        files = publish.absolute(self.path, self.published_files())
        if query is not None:
            return reader.connect(self.path, files, query=query)
        return self._shared.reader(self.path, files)

    def published_files(self) -> dict[str, list[str]]:
        """Return the files of each table that readers see, relative to the lake."""
        from warehouse import publish

        self.ensure_published()
        manifest = publish.read_manifest(self.path)
        if manifest is None:
            raise DamageError(
                f"The manifest of {self.path} cannot be read or written. "
                f"Check the folder's permissions and space, then run: mirrorlake lake info"
            )
        files: dict[str, list[str]] = manifest["tables"]
        return files

    def ledger_reader(
        self, query: str | None = None, analyses: bool = False
    ) -> duckdb.DuckDBPyConnection:
        """Return a reader over what the ledger lists at this moment, for writers' own use."""
        from warehouse import publish, reader

        files = publish.absolute(self.path, publish.live_files(self.ledger))
        return reader.connect(self.path, files, analyses=analyses, query=query)

    def activations(self, condition: str, site: str, layer: int, **more: Any) -> Vectors:
        """Return the activations of one condition at one site and layer as an array.

        `more` narrows them by `head`, `position` or `dataset`. Raises InputError where there
        are none.
        """
        from warehouse import vectors

        with self.reader(vectors.READS) as con:
            return vectors.read(con, vectors.Slice(condition, site, layer, **more))

    def ensure_published(self) -> None:
        """Rebuild manifest and views when they are missing, old, or the lake has moved.

        Who may only read takes the last publication as it is.
        """
        from warehouse import publish

        if not self.writable or publish.is_current(self.path, self.ledger):
            return
        if publish.read_manifest(self.path) is None:
            self.publish_lock.acquire(say)
        elif not self.publish_lock.try_acquire():
            # A writer is about to publish; until then the last publication is whole.
            return
        try:
            publish.publish(self.path, self.ledger)
        finally:
            self.publish_lock.release()

    def digest(self) -> str:
        """Return 16 hex digits that name the rows of the lake (bookkeeping of runs left out)."""
        from warehouse import publish

        self.ensure_published()
        return publish.digest(publish.read_manifest(self.path) or {"tables": {}})

    def holder_of(self, run_id: str) -> str:
        """Return who runs a run, as a sentence part."""
        return locks.describe(self.run_lock(run_id))

    def run_lock(self, run_id: str) -> Path:
        """Return the path of a run's lock file."""
        return self.path / "locks" / f"{run_id}.lock"

    def close(self) -> None:
        """Close the ledger and the database of the readers."""
        if "_shared" in self.__dict__:
            self._shared.close()
        self.ledger.close()


def publish_lock(folder: Path, holder: str = "mirrorlake") -> locks.FileLock:
    """Return the lock under which the lake in a folder is written."""
    return locks.FileLock(folder / "locks" / "publish.lock", holder)


def open_lake(path: str | Path, create: bool = False) -> Lake:
    """Return the lake in a folder, made first if `create` and there is none.

    Raises InputError where there is no lake, SchemaError for another schema version,
    DamageError for a missing or broken ledger, StorageError on a network file system.
    """
    folder = Path(path)
    if "?" in str(folder.absolute()):
        raise InputError(f"DuckDB cannot open files below {folder}: rename what holds a '?'.")
    locks.refuse_network_file_system(folder.resolve())
    if not (folder / LEDGER).exists():
        from warehouse.segments import make_folder

        _require_startable(folder, create)
        make_folder(folder / "segments")
        with publish_lock(folder).held(say):
            if not (folder / LEDGER).exists():
                replace_ledger(folder, new_ledger(folder))
    return Lake(folder, Ledger(folder / LEDGER))


def new_ledger(folder: Path) -> Ledger:
    """Return an empty ledger under a temporary name; the caller holds the publish lock."""
    temporary = folder / f"{LEDGER}.{os.getpid()}.tmp"
    for part in folder.glob(f"{temporary.name}*"):
        part.unlink()
    return Ledger.make(temporary)


def replace_ledger(folder: Path, made: Ledger) -> None:
    """Close a new ledger and give it its name, so that a ledger is there whole or not at all."""
    from warehouse.segments import sync_folder

    made.close()
    for suffix in ("-wal", "-shm"):
        # Left by a ledger that was deleted: SQLite would play that log into the new one.
        (folder / f"{LEDGER}{suffix}").unlink(missing_ok=True)
    os.replace(made.path, folder / LEDGER)
    sync_folder(folder)


def _require_startable(folder: Path, create: bool) -> None:
    if any((folder / "segments").glob("*/*.parquet")):
        raise DamageError(
            f"The lake {folder} has segments but no ledger. "
            f"Rebuild it: mirrorlake lake check --repair --lake {folder}"
        )
    if not create:
        raise InputError(
            f"There is no lake at {folder}. Name another folder with --lake, or start one there: "
            f"mirrorlake ingest starter --lake {folder}"
        )
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file, not a folder. Name another folder with --lake.")
