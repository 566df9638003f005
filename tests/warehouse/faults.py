"""A shim around every call by which our code changes a disk: it counts them and may end one.

The program needs no hook for it. In a process of its own the shim takes the place of the
functions of `os`, of `open`, of SQLite's connections, of a segment's body and of the writing of
the views. Each call that changes something inside one folder is a step:

- a segment's body, from its first byte to its footer, is one step;
- a transaction of the ledger is one step, its COMMIT: what SQLite does inside is SQLite's
  promise, and so is what DuckDB does while it writes the file of views;
- a lock's note (cut, then written) is one step.

A call that changes nothing (a folder that is there, a file that is gone) is no step.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import signal
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from warehouse import publish, segments


@dataclass(frozen=True)
class Step:
    """One durable change that is about to be made, or was: its number (from 1), kind, place."""

    number: int
    kind: str
    path: Path
    target: Path | None = None


# What a step does when it is only half done, for those of which half is possible.
Half = Callable[[], object]
Before = Callable[[Step, Half], None]
After = Callable[[Step], None]


def _can_be_made(path: Any) -> bool:
    return os.path.isdir(os.path.dirname(os.path.abspath(path))) and not os.path.lexists(path)


def nothing(*_: object) -> None:
    """Let a step pass."""


class Shim:
    """Counts the steps of this process inside a folder, and tells `before` and `after` each."""

    def __init__(self, folder: Path, before: Before = nothing, after: After = nothing) -> None:
        """Watch `folder`; nothing is counted before `install`."""
        self.folder = Path(os.path.abspath(folder))
        self.before, self.after = before, after
        self.steps: list[Step] = []
        self._silent = False

    def install(self) -> Shim:
        """Take the place of the real calls, until this process ends."""
        self._rename("replace")
        self._rename("rename")
        self._named("unlink", lambda path: os.path.lexists(path))
        self._named("remove", lambda path: os.path.lexists(path))
        self._named("mkdir", _can_be_made)
        self._named("chmod", lambda path: True)
        self._on_descriptor("fsync")
        self._on_descriptor("write")
        self._open()
        self._body()
        self._views()
        self._ledger()
        return self

    def step(
        self,
        kind: str,
        path: Any,
        call: Callable[[], Any],
        half: Half = nothing,
        target: Any = None,
    ) -> Any:
        """Make a call and return what it returns; it is a step if it happens in the folder."""
        place = Path(os.path.abspath(path))
        if self._silent or not place.is_relative_to(self.folder):
            return call()
        to = None if target is None else Path(os.path.abspath(target))
        step = Step(len(self.steps) + 1, kind, place, to)
        self.steps.append(step)
        self.before(step, half)
        result = call()
        self.after(step)
        return result

    def _named(self, name: str, changes: Callable[[Any], bool]) -> None:
        real = getattr(os, name)

        def counted(path: Any, *args: Any, **more: Any) -> Any:
            if not changes(path):
                return real(path, *args, **more)
            return self.step(name, path, lambda: real(path, *args, **more))

        setattr(os, name, counted)

    def _rename(self, name: str) -> None:
        real = getattr(os, name)

        def counted(old: Any, new: Any, **more: Any) -> Any:
            return self.step("rename", old, lambda: real(old, new, **more), target=new)

        setattr(os, name, counted)

    def _on_descriptor(self, name: str) -> None:
        real = getattr(os, name)

        def counted(fd: int, *args: Any) -> Any:
            path = os.readlink(f"/proc/self/fd/{fd}")
            return self.step(name, path, lambda: real(fd, *args))

        setattr(os, name, counted)

    def _open(self) -> None:
        real_os, real_io = os.open, io.open

        def os_open(path: Any, flags: int, *args: Any, **more: Any) -> int:
            if not flags & os.O_CREAT or os.path.lexists(path):
                return real_os(path, flags, *args, **more)
            made: int = self.step("create", path, lambda: real_os(path, flags, *args, **more))
            return made

        def io_open(file: Any, mode: str = "r", *args: Any, **more: Any) -> Any:
            if isinstance(file, int) or not set(mode) & set("wxa+"):
                return real_io(file, mode, *args, **more)
            return self.step("create", file, lambda: real_io(file, mode, *args, **more))

        os.open = os_open  # type: ignore[assignment]
        io.open = builtins.open = io_open  # type: ignore[assignment]

    def _body(self) -> None:
        real = segments._HashingFile.write
        shim = self

        def write(file: Any, data: Any) -> int:
            if file.size:
                return real(file, data)
            begun: int = shim.step(
                "body",
                file.file.name,
                lambda: real(file, data),
                half=lambda: (file.file.write(bytes(data)[: len(bytes(data)) // 2]), file.flush()),
            )
            return begun

        segments._HashingFile.write = write  # type: ignore[method-assign]

    def _views(self) -> None:
        real = publish._write_views

        def whole(*args: Any) -> None:
            # One step, of which DuckDB makes what it likes: nobody reads the file until it is done.
            self._silent = True
            try:
                real(*args)
            finally:
                self._silent = False

        def write(lake: Path, temporary: Path, manifest: Any) -> None:
            self.step(
                "views",
                temporary,
                lambda: whole(lake, temporary, manifest),
                half=lambda: temporary.write_bytes(b"half"),
            )

        publish._write_views = write

    def _ledger(self) -> None:
        shim, real = self, sqlite3.connect

        class Connection(sqlite3.Connection):
            changed_before = 0

            def execute(self, statement: str, *args: Any) -> sqlite3.Cursor:
                run = super().execute
                if statement.startswith("BEGIN"):
                    self.changed_before = self.total_changes
                kind = self._kind(statement)
                if kind is None:
                    return run(statement, *args)
                done: sqlite3.Cursor = shim.step(kind, self.place(), lambda: run(statement, *args))
                return done

            def executescript(self, script: str) -> sqlite3.Cursor:
                run = super().executescript
                if not self._free():
                    return run(script)
                done: sqlite3.Cursor = shim.step("vacuum", self.place(), lambda: run(script))
                return done

            def close(self) -> None:
                shim.step("close", self.place(), super().close)

            def _kind(self, statement: str) -> str | None:
                if statement == "COMMIT":
                    return "commit" if self.total_changes > self.changed_before else None
                if "incremental_vacuum" in statement:
                    return "vacuum" if self._free() else None
                return "commit" if "journal_mode" in statement else None

            def _free(self) -> bool:
                return bool(super().execute("PRAGMA freelist_count").fetchone()[0])

            def place(self) -> Path:
                return Path(super().execute("PRAGMA database_list").fetchone()[2])

        def connect(*args: Any, **more: Any) -> sqlite3.Connection:
            return real(*args, factory=Connection, **more)

        sqlite3.connect = connect  # type: ignore[assignment]


def kill_at(number: int) -> Before:
    """Return what kills this process at a step, half-way through it where that is possible."""

    def act(step: Step, half: Half) -> None:
        if step.number == number:
            half()
            os.kill(os.getpid(), signal.SIGKILL)

    return act


def refuse(number: int, code: int, ever_after: bool) -> Before:
    """Return what makes a step fail as a disk does; `ever_after` all later ones that need space.

    A failed ledger transaction is rolled back by SQLite itself in the one case and by us in
    the other: both happen.
    """

    def act(step: Step, half: Half) -> None:
        later = ever_after and step.number > number and step.kind not in {"unlink", "chmod"}
        if (step.number == number or later) and step.kind != "close":
            raise _error(step, code)

    return act


def _error(step: Step, code: int) -> Exception:
    text = os.strerror(code)
    if step.kind == "views":
        return duckdb.IOException(f'IO Error: Could not write file "{step.path}": {text}')
    if step.kind not in {"commit", "vacuum"}:
        return OSError(code, text, str(step.path))
    full = code == errno.ENOSPC
    error = sqlite3.OperationalError("database or disk is full" if full else "disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL if full else sqlite3.SQLITE_IOERR
    return error
