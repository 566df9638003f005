"""The ledger, written by many requests at once: whoever waits together commits together.

A request must be on disk as `sent` before it leaves and as `done` before it counts. A
transaction for each would wait for the disk twice a request; here one thread takes all that
wait, writes them in one transaction and wakes them when it is committed.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import TypeAlias

from warehouse.errors import LakeError
from warehouse.ledger import Ledger
from warehouse.request_log import RequestLog

Change: TypeAlias = Callable[[RequestLog], None]
_Entry: TypeAlias = tuple[Change, "asyncio.Future[None]"]


class Journal:
    """A thread with its own connection to a ledger."""

    def __init__(self, ledger: Path) -> None:
        """Write to the ledger in a file."""
        self.path = ledger
        self._queue: SimpleQueue[_Entry | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)

    async def __aenter__(self) -> Journal:
        # Here, where a refusal is heard by whoever wants to write.
        self._ledger = Ledger(self.path)
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        # What is in the queue is still written, also after Ctrl-C: replies are paid for.
        self._queue.put(None)
        self._thread.join()

    async def write(self, change: Change) -> None:
        """Make a change; on return it survives a power cut.

        Raises StorageError where the disk refuses.
        """
        future: asyncio.Future[None] = self._loop.create_future()
        self._queue.put((change, future))
        await future

    def _work(self) -> None:
        try:
            while entries := self._waiting():
                self._commit(entries)
        finally:
            self._ledger.close()

    def _waiting(self) -> list[_Entry]:
        """Return all that waits, at least one entry; nothing at the end."""
        first = self._queue.get()
        found = [] if first is None else [first]
        while found and not self._queue.empty():
            more = self._queue.get()
            if more is None:
                self._queue.put(None)
                break
            found.append(more)
        return found

    def _commit(self, entries: list[_Entry]) -> None:
        error: Exception | None = None
        try:
            with self._ledger.transaction():
                for change, _ in entries:
                    change(self._ledger.requests)
        except Exception as refused:
            if len(entries) > 1 and not isinstance(refused, LakeError):
                # One that cannot be written must not keep the others from being written.
                for entry in entries:
                    self._commit([entry])
                return
            error = refused
        futures = [future for _, future in entries]
        self._loop.call_soon_threadsafe(_wake, futures, error)


def _wake(futures: list[asyncio.Future[None]], error: Exception | None) -> None:
    for future in futures:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
