"""Waiting for something to change, without belonging to one event loop."""

from __future__ import annotations

import asyncio
from collections import deque


class Signal:
    """Wakes those who wait, first come first served."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> None:
        """Wait until woken."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future

    def wake(self, count: int | None = None) -> None:
        """Wake `count` of those who wait, or all."""
        left = len(self._waiting) if count is None else count
        while left and self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(None)
                left -= 1
