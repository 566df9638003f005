"""Trying again what a provider may take only once: batches, training jobs and their files."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from generate.remote.pace import backoff
from generate.remote.trouble import Trouble

T = TypeVar("T")

TRIES = 5


async def patiently(call: Callable[[], Awaitable[T]], harmless: bool) -> T:
    """Return what a call returns, trying again only where that can do nothing twice.

    A call that is not `harmless` is tried again only where the first try cannot have been taken.
    Raises Trouble when the tries are used up or another could do something twice.
    """
    for tries in range(TRIES):
        try:
            return await call()
        except Trouble as trouble:
            again = trouble.retry and (harmless or trouble.code == 429 or trouble.unreachable)
            if not again or tries == TRIES - 1:
                raise
            await asyncio.sleep(max(backoff(tries), trouble.retry_after or 0.0))
    raise AssertionError("unreachable")
