"""A run: one writing command, from recovery to the published result."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib import metadata
from types import TracebackType
from typing import TYPE_CHECKING, Any

from console import say
from warehouse import compaction, locks, plan, publish, recovery, rows, segments
from warehouse.errors import BusyError, Interrupted, LakeError, PartialError
from warehouse.grid import Grid
from warehouse.schema import AUDITS, RUNS, TABLES

if TYPE_CHECKING:
    import pyarrow as pa

    from warehouse.lake import Lake

# A seal this often bounds what a reader waits for; the ledger already keeps every answer.
SEAL_SECONDS = 60.0
SEAL_ROWS = 20_000

_VERSIONS_OF = ("mirrorlake", "duckdb", "polars", "pyarrow", "numpy", "torch", "transformers")


class Run:
    """One writing command on a lake; enter it with `with`."""

    def __init__(self, lake: Lake, command: str, config: dict[str, Any], study: str | None) -> None:
        """Prepare a run; nothing is written until it is entered."""
        self.lake, self.command, self.config, self.study = lake, command, config, study
        self.run_id = f"r{time.time_ns():x}{os.urandom(3).hex()}"
        self.counts: dict[str, int] = {}
        self._lock = locks.FileLock(lake.run_lock(self.run_id), f"mirrorlake {command}")
        self._held: list[locks.FileLock] = []
        self._row: dict[str, Any] = {}
        self._unsealed = 0
        self._sealed_at = time.monotonic()

    def __enter__(self) -> Run:
        self._row = {
            "run_id": self.run_id,
            "command": self.command,
            "study": self.study,
            "status": "running",
            "started_at": rows.now().isoformat(),
            "config": json.dumps(self.config, ensure_ascii=False, sort_keys=True, default=str),
            "versions": json.dumps(_versions(), sort_keys=True),
        }
        with self.lake.publish_lock.held(say):
            # Under this lock no recovery takes the new file for that of a dead run.
            self._lock.try_acquire()
            try:
                recovery.recover(self.lake)
                self.lake.ledger.upsert(RUNS, [self._row])
            except BaseException:
                self._lock.release()
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            with self.lake.writing():
                # First, since what was lost on its way has an outcome from now on.
                self.lake.ledger.requests.release(self.run_id)
                self._seal_locked()
                compaction.compact_if_many(self.lake)
                self._end(error)
                publish.publish(self.lake.path, self.lake.ledger)
        except BaseException as late:
            with suppress(LakeError):
                self.lake.ledger.requests.release(self.run_id)
                self._end(error or late)
            raise
        finally:
            for lock in (*self._held, self._lock):
                lock.path.unlink(missing_ok=True)
                lock.release()

    def hold(self, work: str) -> None:
        """Keep other runs from the same work until this one ends.

        Raises BusyError, naming the holder, when a live run has it.
        """
        lock = locks.FileLock(self.lake.run_lock(work), f"mirrorlake {self.command}")
        # Under this lock no recovery removes the file between its making and its locking.
        with self.lake.publish_lock.held(say):
            if not lock.try_acquire():
                raise BusyError(
                    f"The same is being done by {locks.describe(lock.path)}. "
                    "Wait until it ends, or stop it; then run this command again."
                )
        self._held.append(lock)

    def write(self, table: str, sorted_rows: Iterable[pa.Table]) -> None:
        """Write rows, which the caller knows to be new and in the order of files, as a segment.

        On return they survive a power cut. Readers see them at the next publication.
        """
        with self.lake.writing():
            self.lake.ledger.list_segment(segments.write(self.lake.path, table, sorted_rows))

    def _end(self, error: BaseException | None) -> None:
        self._row |= {
            "status": _status(error),
            "ended_at": rows.now().isoformat(),
            "counts": json.dumps(self.counts, sort_keys=True),
            "error": None if error is None else f"{type(error).__name__}: {error}"[:500],
        }
        self.lake.ledger.upsert(RUNS, [self._row])

    def count(self, **counts: int) -> None:
        """Add to the run's counts."""
        for name, value in counts.items():
            self.counts[name] = self.counts.get(name, 0) + value

    def append(self, table: str, new: rows.Rows) -> int:
        """Write the rows that the lake does not hold yet as one segment; return how many.

        The lake then holds all of them, or none where it raises InputError for rows that do
        not fit the schema or StorageError for a full disk.
        """
        declared = TABLES[table]
        incoming = rows.to_arrow(declared, new, self.run_id)
        with self.lake.writing():
            with self.lake.ledger_reader(f"FROM {table}") as con:
                fresh = rows.only_new(con, declared, incoming)
            if fresh.num_rows:
                segment = segments.write(self.lake.path, table, [rows.sort(declared, fresh)])
                self.lake.ledger.list_segment(segment)
        return int(fresh.num_rows)

    def upsert(self, table: str, new: Sequence[Mapping[str, Any]]) -> None:
        """Insert or replace rows of a small table; seen by readers at the next publication."""
        self.lake.ledger.upsert(TABLES[table], new)

    def replace_audits(self, dataset: str, findings: Sequence[Mapping[str, Any]]) -> None:
        """Replace all findings about a data set."""
        with self.lake.ledger.transaction():
            self.lake.ledger.delete(AUDITS, "dataset", dataset)
            self.upsert("audits", [{"run_id": self.run_id, **row} for row in findings])

    def plan(self, requests: Grid, redo: Sequence[str] = ()) -> plan.Plan:
        """Return what is left of the requests and claim it for this run.

        Answers with a status in `redo` are asked again. Raises BusyError when a live run holds
        any of the requests.
        """
        return plan.claim(
            partial(self.lake.ledger_reader, plan.READS),
            self.lake.ledger,
            requests,
            self.run_id,
            self.lake.holder_of,
            redo,
        )

    def record(self, answers: Sequence[Mapping[str, Any]]) -> None:
        """Store one batch of responses durably; on return they survive a power cut."""
        self.lake.ledger.requests.record(self.run_id, self.stamped(answers))
        if self.seal_is_due(len(answers)):
            self.seal()

    def stamped(self, answers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return answers with the run that made them and the present moment."""
        stamp = rows.now().isoformat()
        return [
            {"run_id": self.run_id, "created_at": stamp, "origin": "generated", **answer}
            for answer in answers
        ]

    def seal_is_due(self, recorded: int) -> bool:
        """Count newly recorded responses; return whether the ledger now holds enough to seal."""
        self._unsealed += recorded
        late = time.monotonic() - self._sealed_at > SEAL_SECONDS
        return self._unsealed >= SEAL_ROWS or (late and self._unsealed > 0)

    def seal(self) -> None:
        """Move finished responses from the ledger into a segment and publish it."""
        with self.lake.writing():
            if self._seal_locked():
                publish.publish(self.lake.path, self.lake.ledger)

    def _seal_locked(self) -> bool:
        log = self.lake.ledger.requests
        sealed = self._move("responses", log.done) | self._move("attempts", log.closed)
        if sealed:
            self.lake.ledger.shrink()
        self._unsealed, self._sealed_at = 0, time.monotonic()
        return sealed

    def _move(self, table: str, take: Callable[[int], list[dict[str, Any]]]) -> bool:
        """Move finished rows from the ledger into segments; return whether there were any."""
        moved = False
        while finished := take(SEAL_ROWS):
            batch = segments.from_ledger(table, finished)
            segment = segments.write(self.lake.path, table, [batch])
            keys = [(row["request_key"], row["attempt"]) for row in finished]
            self.lake.ledger.list_segment(segment, sealed=keys)
            moved = True
        return moved


def _status(error: BaseException | None) -> str:
    match error:
        case None:
            return "done"
        case PartialError():
            return "partial"
        case KeyboardInterrupt() | Interrupted():
            return "interrupted"
    return "failed"


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _VERSIONS_OF:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
