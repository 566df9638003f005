"""Who is working on a lake: one lock a run, one short lock to publish.

Locks are `flock`s on files in `locks/`, so the system releases them when a process dies,
however it dies; the text inside only names the holder for people.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from warehouse.errors import StorageError

# flock and SQLite's WAL are not dependable on these.
NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "afs", "lustre", "glusterfs", "beegfs"}
)


def refuse_network_file_system(path: Path) -> None:
    """Raise StorageError when the folder lies on a file system without dependable locks."""
    kind = _file_system(path)
    if kind in NETWORK_FILE_SYSTEMS:
        raise StorageError(
            f"The lake {path} lies on a network file system ({kind}), where locks and SQLite's "
            "write-ahead log are not dependable. Put it on a local disk."
        )


def _file_system(path: Path) -> str:
    try:
        mounts = Path("/proc/mounts").read_text().splitlines()
    except OSError:
        return "unknown"
    best, kind = "", "unknown"
    for line in mounts:
        _, point, name, *_ = line.split(" ")
        point = point.encode().decode("unicode_escape")
        inside = str(path) == point or str(path).startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, name
    return kind


class FileLock:
    """An exclusive lock on a file that dies with its process."""

    def __init__(self, path: Path, holder: str) -> None:
        """Prepare a lock on `path`; `holder` is the sentence part that names us to others."""
        self.path, self.holder = path, holder
        self._fd: int | None = None

    def try_acquire(self) -> bool:
        """Return whether the lock is now ours; never waits."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self._fd = fd
        # The note is for people: a full disk that refuses it leaves the lock as good as any.
        with suppress(OSError):
            os.ftruncate(fd, 0)
            os.write(fd, json.dumps({"pid": os.getpid(), "holder": self.holder}).encode())
        return True

    def acquire(self, waiting: Callable[[str], None]) -> None:
        """Wait for the lock; after five seconds tell `waiting` who holds it."""
        told, start = False, time.monotonic()
        while not self.try_acquire():
            if not told and time.monotonic() - start > 5:
                waiting(f"Waiting for {describe(self.path)} to finish writing …")
                told = True
            time.sleep(0.02)

    def release(self) -> None:
        """Give the lock back."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    @contextmanager
    def held(self, waiting: Callable[[str], None]) -> Iterator[None]:
        """Hold the lock for a block."""
        self.acquire(waiting)
        try:
            yield
        finally:
            self.release()


def is_held(path: Path) -> bool:
    """Return whether a live process holds the lock file."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def describe(path: Path) -> str:
    """Return who holds a lock file, as a sentence part."""
    try:
        text = json.loads(path.read_text())
        return f"'{text['holder']}' (process {text['pid']})"
    except (OSError, ValueError, KeyError):
        return "another command"
