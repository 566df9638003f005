"""Many requests at once to one provider, none lost and none paid twice without a trace.

One try: wait for a place, set its highest price aside, commit `sent`, send, commit the reply.
Whatever ends the program between two of these steps, the ledger says what is known.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from generate.engines.base import Request, Row
from generate.job import Limits
from generate.remote.journal import Journal
from generate.remote.pace import Pace, backoff
from generate.remote.provider import Provider
from generate.remote.purse import Purse
from generate.remote.trouble import MALFORMED, Trouble, unreadable
from warehouse import rows as moments
from warehouse.errors import LakeError, ProviderError
from warehouse.request_log import RequestLog, text
from warehouse.run import Run

# Each of these may have been paid for; after so many the request is left as failed.
MOST_LOST = 3
# Seconds between two looks at the clock while nothing finishes.
TICK = 0.5
# Failures in a row, without any answer so far, after which the fault is not the requests'.
HOPELESS = 10


@dataclass
class Sender:
    """Asks one provider for one run; `told` hears every finished row, `tick` that time passes."""

    provider: Provider
    run: Run
    limits: Limits
    purse: Purse
    stopping: Callable[[], bool]
    told: Callable[[Row], None]
    tick: Callable[[], None]
    pace: Pace = field(init=False)
    _answered: int = field(init=False, default=0)
    _failures: Counter[str] = field(init=False, default_factory=Counter)
    _stop: Exception | None = field(init=False, default=None)
    _sealing: asyncio.Task[None] | None = field(init=False, default=None)
    _unsent: set[asyncio.Task[Any]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        """Set the pace."""
        limits = self.limits
        self.pace = Pace(limits.in_flight, limits.requests_a_minute, limits.tokens_a_minute)

    def send(self, chunks: Iterable[list[Request]]) -> None:
        """Ask everything; on return every answer is durable.

        Raises BudgetError, ProviderError or StorageError after what was in flight is kept.
        """
        asyncio.run(self._send(chunks))

    async def _send(self, chunks: Iterable[list[Request]]) -> None:
        places = asyncio.Semaphore(self.limits.in_flight)
        tasks: set[asyncio.Task[None]] = set()
        clock = asyncio.create_task(self._tell_time())
        try:
            async with Journal(self.run.lake.ledger.path) as self.journal:
                async for request in self._while_wanted(chain.from_iterable(chunks), places):
                    task = asyncio.create_task(self._finish(request, places))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
                await asyncio.gather(*tasks)
                await self._sealed()
        finally:
            clock.cancel()
            await self.provider.close()
        if self._stop:
            raise self._stop

    async def _tell_time(self) -> None:
        while True:
            self.tick()
            if self._is_over():
                # What has not been sent waits for a place, a pause or money: not any more.
                for task in list(self._unsent):
                    task.cancel()
            await asyncio.sleep(TICK)

    def _is_over(self) -> bool:
        return self._stop is not None or self.stopping()

    async def _while_wanted(
        self, requests: Iterator[Request], places: asyncio.Semaphore
    ) -> AsyncIterator[Request]:
        """Yield requests as there is room for them, until the end, Ctrl-C or a stop."""
        while True:
            await places.acquire()
            if self._is_over():
                return
            try:
                request = next(requests, None)
            except Exception as error:
                # What is in flight is still waited for.
                self._stop = self._stop or error
                return
            if request is None:
                return
            yield request

    async def _finish(self, request: Request, places: asyncio.Semaphore) -> None:
        try:
            row = await self._answer(request)
            if row is not None:
                self._judge(row)
                await self._keep(row)
        except asyncio.CancelledError:
            if not self._is_over():
                raise
        except Exception as error:
            self._stop = self._stop or error
        finally:
            places.release()

    async def _keep(self, row: Row) -> None:
        [stamped] = self.run.stamped([row])
        cost, key, attempt = row.get("cost_usd"), row["request_key"], row["attempt"]

        def keep(log: RequestLog) -> None:
            log.record(self.run.run_id, [stamped])
            log.settle([(row["status"], cost, key, attempt)])

        await self.journal.write(keep)
        self.told(row)
        if self.run.seal_is_due(1) and self._sealing is None:
            self._sealing = asyncio.create_task(asyncio.to_thread(self.run.seal))
        elif self._sealing is not None and self._sealing.done():
            await self._sealed()

    async def _sealed(self) -> None:
        if self._sealing is not None:
            task, self._sealing = self._sealing, None
            await task

    # --- one request ----------------------------------------------------------------------

    async def _answer(self, request: Request) -> Row | None:
        """Return the request's response, or None where the work stops before there is one.

        The deadline counts from when the request was first let through the gate.
        """
        deadline = None
        lost = tries = 0
        while not self._is_over():
            entered = await self._enter(request)
            deadline = deadline or entered + self.limits.deadline
            try:
                if self._is_over():
                    return None
                return await self._paid(request, entered)
            except Trouble as found:
                trouble = found
            finally:
                self.pace.leave()
            if trouble.billed:
                if self.limits.at_most_once:
                    return self._unknown(request, trouble)
                lost += 1
                await self._lose(request)
                request = replace(request, attempt=request.attempt + 1)
            wait = max(backoff(tries), trouble.retry_after or 0.0)
            tries += 1
            late = time.monotonic() + wait > deadline
            if not trouble.retry or late or lost >= MOST_LOST:
                return self._give_up(request, trouble)
            if self._is_hopeless(trouble):
                return None
            with self._waiting():
                await asyncio.sleep(wait)
        return None

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        """Mark a stretch in which nothing of a request is under way: a stop may end it."""
        task = asyncio.current_task()
        assert task is not None
        self._unsent.add(task)
        try:
            yield
        finally:
            self._unsent.discard(task)

    async def _enter(self, request: Request) -> float:
        tokens = self.provider.prompt_tokens([request])[0] + self.provider.most_output(request)
        with self._waiting():
            return await self.pace.enter(tokens)

    async def _paid(self, request: Request, entered: float) -> Row:
        most = self.provider.most(request)
        with self._waiting():
            await self.purse.reserve(most or 0.0)
        cost = most or 0.0
        try:
            await self._say_sent(request, most)
            row = await self._reply(request)
            # Without a known price it may have cost as much as it can.
            cost = cost if row["cost_usd"] is None else row["cost_usd"]
            self.pace.praise()
            return row
        except Trouble as trouble:
            if not trouble.billed:
                cost = 0.0
                await self._unsend(request)
            if trouble.slow_down:
                self.pace.complain(entered, trouble.retry_after)
            raise
        except LakeError:
            # Refused for all requests, or never sent: a missing key, an empty account.
            cost = 0.0
            await self._unsend(request)
            raise
        finally:
            self.purse.settle(most or 0.0, cost)

    async def _lose(self, request: Request) -> None:
        await self.journal.write(lambda log: log.lose([_pair(request)]))

    async def _unsend(self, request: Request) -> None:
        await self.journal.write(lambda log: log.unsend([_pair(request)]))

    async def _reply(self, request: Request) -> Row:
        """Return the response to a request; raise `Trouble` for any reply that is none."""
        timeout = self.limits.timeout
        try:
            # The transport limits each wait for bytes, not a body that drips for ever.
            async with asyncio.timeout(timeout):
                reply = await self.provider.ask(request, timeout)
            return self.provider.row(request, reply)
        except TimeoutError as error:
            what = f"The reply did not come within {timeout:g} seconds."
            raise Trouble("network", what, billed=True) from error
        except MALFORMED as error:
            raise unreadable(f"The reply cannot be read ({type(error).__name__}).") from error

    async def _say_sent(self, request: Request, most: float | None) -> None:
        row = {
            "request_key": request.request_key,
            "attempt": request.attempt,
            "started_at": moments.now().isoformat(),
            "max_cost_usd": most,
            "model_id": self.provider.model["model_id"],
            "run_id": self.run.run_id,
        }
        fallback = self._fallback(request) if self.limits.at_most_once else None
        await self.journal.write(lambda log: log.send([row], [fallback]))

    # --- the ends that are no answer ------------------------------------------------------

    def _fallback(self, request: Request) -> str:
        [row] = self.run.stamped([request.row("unknown", error=_NEVER_LEARNED)])
        return text(row)

    def _unknown(self, request: Request, trouble: Trouble) -> Row:
        return request.row("unknown", error_class=trouble.kind, error=trouble.what)

    def _give_up(self, request: Request, trouble: Trouble) -> Row:
        if trouble.status is not None:
            return request.row(trouble.status, error=trouble.what)
        return request.row("failed", error_class=trouble.kind, error=trouble.what)

    def _judge(self, row: Row) -> None:
        """Count an answer; stop where the first requests all failed, and more would too."""
        if row["status"] not in {"failed", "unknown"}:
            self._answered += 1
            return
        self._failures["failed"] += 1
        if not self._answered and self._failures["failed"] >= HOPELESS:
            self._stop = self._stop or ProviderError(
                f"The first {HOPELESS} requests to {self.provider.address.name} all failed: "
                f"{row['error']}"
            )

    def _is_hopeless(self, trouble: Trouble) -> bool:
        """Stop when the server cannot be reached and never could."""
        if not trouble.unreachable or self._answered:
            return False
        self._failures["unreachable"] += 1
        if self._failures["unreachable"] < HOPELESS:
            return False
        self._stop = self._stop or ProviderError(
            f"{self.provider.address.name} cannot be reached: {trouble.what} Check the URL and "
            "the network; then run the same command again."
        )
        return True


_NEVER_LEARNED = "The outcome was never learned: the program ended while the request was in flight."


def _pair(request: Request) -> tuple[str, int]:
    return request.request_key, request.attempt
