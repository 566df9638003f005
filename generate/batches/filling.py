"""`generate responses --batch`: hand over what is missing, wait, keep what comes back.

Batches of earlier commands for the same model are collected along with the new ones.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any

from console import plural
from generate.batches import states
from generate.batches.attaching import look_for
from generate.batches.collecting import collect, outcome
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
    asyncio.run(_Filling(run, provider, progress, drain).go(chain.from_iterable(chunks)))


class _Filling:
    def __init__(self, run: Run, provider: Provider, progress: Answering, drain: Drain) -> None:
        self.run, self.provider, self.progress, self.drain = run, provider, progress, drain
        self.service: BatchService = provider.batches()
        self.reserved: dict[str, float] = {}
        self.troubles: Counter[str] = Counter()
        self.why = ""

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
        wait = FIRST_WAIT
        while (left := self._patient(self._open("submitted"))) and not self.drain.asked:
            self.progress.in_flight = partial(int, sum(row["requests"] for row in left))
            ended = [await self._collect(row) for row in left]
            wait = FIRST_WAIT if any(ended) else min(LONGEST_WAIT, wait * 1.5)
            if not all(ended):
                await self._pause(wait)
        self.progress.in_flight = int

    def _patient(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the batches that are still worth asking about in this command."""
        return [row for row in rows if self.troubles[row["batch_id"]] < MOST_TROUBLES]

    async def _collect(self, row: dict[str, Any]) -> bool:
        """Return whether a batch has ended and its results are kept."""
        spent, sure = 0.0, True

        def told(rows: list[Row]) -> None:
            nonlocal spent, sure
            costs = [outcome(one)[1] for one in rows]
            spent += sum(cost or 0.0 for cost in costs)
            sure = sure and None not in costs
            self.progress.answered(rows)

        try:
            ended = await collect(self.run, self.provider, self.service, row, told)
        except Trouble as trouble:
            self.troubles[row["batch_id"]] += 1
            self.why = f"{row['remote_id']}: {trouble}"
            return False
        if ended and row["batch_id"] in self.reserved:
            reserved = self.reserved.pop(row["batch_id"])
            # As long as one result has no known price, it may have cost what was set aside.
            self.progress.purse.spend(spent - reserved if sure else 0.0)
        return ended

    async def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.drain.asked:
            self.progress.tick()
            await asyncio.sleep(min(0.2, max(0.0, until - time.monotonic())))

    def _open(self, state: str) -> list[dict[str, Any]]:
        return states.of_model(self.run.lake, self.provider, state)

    def _say_what_waits(self) -> None:
        if not self.drain.asked and self._open("submitted"):
            raise ProviderError(
                f"Results of a batch could not be read ({self.why}); the others are kept. "
                "Run the same command later; see: mirrorlake generate batches"
            )
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
