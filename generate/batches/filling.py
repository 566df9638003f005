"""`generate responses --batch`: hand over what is missing, wait, keep what comes back.

Batches of earlier commands for the same model are collected along with the new ones.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from console import plural
from generate.batches import states
from generate.batches.attaching import look_for
from generate.batches.collecting import collect
from generate.batches.service import BatchService
from generate.batches.submitting import Pair, parts, submit
from generate.drain import Drain
from generate.engines.base import Request, Row
from generate.progress import Answering
from generate.remote.provider import Provider
from generate.remote.trouble import Trouble
from warehouse.errors import BudgetError, Interrupted, PartialError, ProviderError
from warehouse.run import Run

# Between two questions whether a batch has ended: short for small ones, never a burden.
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
# Failures in a row to learn anything of a batch, after which the command gives up for now.
MOST_TROUBLES = 8


def fill(
    run: Run,
    provider: Provider,
    chunks: Iterable[list[Request]],
    progress: Answering,
    drain: Drain,
) -> None:
    """Submit the requests in batches and wait for the results of all batches of the model.

    Raises BudgetError, ProviderError or Interrupted; batches that are under way stay so, and
    the next command collects them.
    """
    asyncio.run(_Filling(run, provider, progress, drain).go(_each(chunks)))


def _each(chunks: Iterable[list[Request]]) -> Iterator[Request]:
    for chunk in chunks:
        yield from chunk


class _Filling:
    def __init__(self, run: Run, provider: Provider, progress: Answering, drain: Drain) -> None:
        self.run, self.provider, self.progress, self.drain = run, provider, progress, drain
        self.service: BatchService = provider.batches()
        self.reserved: dict[str, float] = {}

    async def go(self, requests: Iterator[Request]) -> None:
        try:
            await self._attach()
            await self._submit_all(requests)
            await self._wait()
        finally:
            await self.provider.close()
        self._say_what_waits()

    async def _attach(self) -> None:
        for row in self._open("unknown"):
            await look_for(self.run, self.service, row)

    async def _submit_all(self, requests: Iterator[Request]) -> None:
        for part in parts(self.service, requests):
            while part and not self.drain.asked:
                count, most = self._affordable(part)
                if count:
                    await self._submit(part[:count], most)
                    part = part[count:]
                elif any(row["batch_id"] in self.reserved for row in self._open("submitted")):
                    # They may turn out cheaper than they might have been.
                    await self._wait()
                else:
                    raise BudgetError(self.progress.purse.reached(self._price(part[0])))

    def _affordable(self, part: Sequence[Pair]) -> tuple[int, float]:
        """Return how many of the first requests of a part fit the budget, and their price."""
        most = 0.0
        for count, pair in enumerate(part):
            price = self._price(pair)
            if not self.progress.purse.fits(most + price):
                return count, most
            most += price
        return len(part), most

    def _price(self, pair: Pair) -> float:
        return self.provider.most(pair[0], batch=True) or 0.0

    async def _submit(self, part: Sequence[Pair], most: float) -> None:
        requests, lines = zip(*part, strict=True)
        self.progress.purse.spend(most)
        row = await submit(self.run, self.provider, self.service, requests, lines)
        self.reserved[row["batch_id"]] = most
        if row["state"] == "unknown":
            await look_for(self.run, self.service, row)

    async def _wait(self) -> None:
        """Collect every batch that the provider has named, as they end."""
        wait, troubles = FIRST_WAIT, 0
        while (left := self._open("submitted")) and not self.drain.asked:
            flying = sum(row["requests"] for row in left)
            self.progress.in_flight = partial(int, flying)
            try:
                ended = [await self._collect(row) for row in left]
                troubles = 0
            except Trouble as trouble:
                troubles, ended = troubles + 1, [False]
                self._stop_after(troubles, trouble)
            wait = FIRST_WAIT if any(ended) else min(LONGEST_WAIT, wait * 1.5)
            if not all(ended):
                await self._pause(wait)
        self.progress.in_flight = int

    async def _collect(self, row: dict[str, Any]) -> bool:
        spent = 0.0

        def told(rows: list[Row]) -> None:
            nonlocal spent
            spent += sum(row.get("cost_usd") or 0.0 for row in rows)
            self.progress.answered(rows)

        ended = await collect(self.run, self.provider, self.service, row, told)
        if ended and row["batch_id"] in self.reserved:
            self.progress.purse.spend(spent - self.reserved.pop(row["batch_id"]))
        return ended

    def _stop_after(self, troubles: int, trouble: Trouble) -> None:
        if troubles >= MOST_TROUBLES:
            raise ProviderError(
                f"{self.provider.address.name} does not say how its batches stand: "
                f"{trouble.what} They go on; run the same command later."
            )

    async def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.drain.asked:
            self.progress.tick()
            await asyncio.sleep(min(0.2, max(0.0, until - time.monotonic())))

    def _open(self, state: str) -> list[dict[str, Any]]:
        model_id = self.provider.model["model_id"]
        return [row for row in states.known(self.run.lake, state) if row["model_id"] == model_id]

    def _say_what_waits(self) -> None:
        if self.drain.asked and self._open("submitted"):
            raise Interrupted(
                "Stopped waiting; the provider goes on. Collect the results later: "
                "mirrorlake generate batches --collect"
            )
        if lost := self._open("unknown"):
            raise PartialError(
                f"{plural(sum(row['requests'] for row in lost), 'request')} wait in "
                f"{plural(len(lost), 'batch', 'batches')} that may or may not exist: "
                f"{lost[0]['error']}. See: mirrorlake generate batches"
            )
