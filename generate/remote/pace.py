"""How fast a provider is asked: as much at once as it takes, never more than it allows.

Concurrency follows additive increase and multiplicative decrease (Chiu and Jain 1989): one
more at a time for each window of replies without complaint, half as many after a complaint,
at most once for the requests that were in flight together. Until the first complaint it grows
by one with every reply, as TCP does at its start. Requests and tokens a minute are two token
buckets.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable

from generate.remote.signal import Signal

# At the start: enough to be quick, few enough that a first complaint costs little.
FIRST_WINDOW = 20.0


class Bucket:
    """So much a minute, with at most a second's worth at once."""

    def __init__(self, a_minute: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        """Start full; `None` is no limit."""
        self.rate = None if a_minute is None else a_minute / 60.0
        self.clock = clock
        self._free_at = -math.inf

    def delay(self, amount: float) -> float:
        """Take an amount and return how many seconds to wait before using it."""
        if self.rate is None:
            return 0.0
        now = self.clock()
        start = max(self._free_at, now - 1.0)
        self._free_at = start + amount / self.rate
        return max(0.0, start - now)


class Pace:
    """The gate through which every try passes."""

    def __init__(
        self, most: int, requests_a_minute: int | None, tokens_a_minute: int | None
    ) -> None:
        """Let at most `most` requests be in flight."""
        self.most = most
        self.window = min(FIRST_WINDOW, float(most))
        self.in_flight = 0
        self._requests = Bucket(requests_a_minute)
        self._tokens = Bucket(tokens_a_minute)
        self._closed_until = 0.0
        self._halved_at: float | None = None
        self._changed = Signal()

    async def enter(self, tokens: int) -> float:
        """Wait for a place and return the moment of entering; `leave` gives it back."""
        wait = max(self._requests.delay(1), self._tokens.delay(tokens))
        if wait:
            await asyncio.sleep(wait)
        while True:
            closed = self._closed_until - time.monotonic()
            if closed > 0:
                # Not all at the same moment.
                await asyncio.sleep(closed * random.uniform(1.0, 1.1))
            elif self.in_flight < int(self.window):
                self.in_flight += 1
                return time.monotonic()
            else:
                await self._changed.wait()

    def leave(self) -> None:
        """Give a place back."""
        self.in_flight -= 1
        self._changed.wake(1)

    def praise(self) -> None:
        """Count a reply without complaint: it makes room for more."""
        before = int(self.window)
        step = 1.0 if self._halved_at is None else 1.0 / self.window
        self.window = min(float(self.most), self.window + step)
        self._changed.wake(int(self.window) - before)

    def complain(self, entered: float, retry_after: float | None) -> None:
        """Halve the window, once for all requests that entered before the last halving.

        `retry_after` seconds nobody enters.
        """
        now = time.monotonic()
        if self._halved_at is None or entered >= self._halved_at:
            self.window = max(1.0, self.window / 2)
            self._halved_at = now
        if retry_after is not None:
            self._closed_until = max(self._closed_until, now + retry_after)


def backoff(tries: int, base: float = 0.5, most: float = 60.0) -> float:
    """Return a random wait in seconds before another try ("full jitter").

    Source: Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
    """
    return random.uniform(0.0, min(most, base * 2.0**tries))
