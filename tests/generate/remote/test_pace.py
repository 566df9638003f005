"""How fast is asked: windows, pauses, limits a minute, and one commit for many."""

from __future__ import annotations

import asyncio
import time

import pytest

from generate.remote.journal import Journal
from generate.remote.pace import Bucket, Pace, backoff
from generate.remote.purse import Purse
from warehouse.errors import BudgetError, StorageError
from warehouse.lake import open_lake


def test_a_bucket_spreads_a_minutes_worth():
    now = [0.0]
    bucket = Bucket(60, lambda: now[0])
    # A second's worth at once, the rest one a second.
    assert [bucket.delay(1) for _ in range(4)] == pytest.approx([0.0, 0.0, 1.0, 2.0])
    now[0] = 10.0
    assert bucket.delay(1) == 0.0


def test_without_a_limit_nothing_waits():
    assert [Bucket(None).delay(10**9) for _ in range(3)] == [0.0] * 3


def test_the_window_halves_once_a_round_and_then_grows_by_one_a_window():
    pace = Pace(100, None, None)
    before = pace.window
    for _ in range(10):
        pace.praise()
    assert pace.window == before + 10
    entered = time.monotonic()
    for _ in range(5):
        pace.complain(entered, None)
    # All five were in flight together: one halving, however many complain.
    assert pace.window == (before + 10) / 2
    half = pace.window
    for _ in range(int(half)):
        pace.praise()
    assert pace.window == pytest.approx(half + 1, abs=0.05)
    pace.complain(time.monotonic(), None)
    assert pace.window == pytest.approx((half + 1) / 2, abs=0.05)


def test_the_window_is_never_above_the_limit_or_below_one():
    pace = Pace(3, None, None)
    for _ in range(100):
        pace.praise()
    assert pace.window == 3
    for _ in range(20):
        pace.complain(time.monotonic(), None)
    assert pace.window == 1


def test_retry_after_closes_the_gate_for_all():
    async def go() -> float:
        pace = Pace(10, None, None)
        pace.complain(time.monotonic(), 0.2)
        start = time.monotonic()
        await asyncio.gather(*(pace.enter(1) for _ in range(3)))
        return time.monotonic() - start

    assert 0.2 <= asyncio.run(go()) < 0.5


def test_nobody_enters_beyond_the_window():
    async def go() -> int:
        pace, most = Pace(4, None, None), 0

        async def one() -> None:
            nonlocal most
            await pace.enter(1)
            most = max(most, pace.in_flight)
            await asyncio.sleep(0.001)
            pace.leave()

        await asyncio.gather(*(one() for _ in range(50)))
        assert pace.in_flight == 0
        return most

    assert asyncio.run(go()) == 4


def test_waits_grow_and_differ():
    for tries in range(12):
        waits = [backoff(tries) for _ in range(200)]
        assert max(waits) <= min(60.0, 0.5 * 2**tries)
    assert len({round(wait, 6) for wait in waits}) > 100


def test_a_purse_waits_for_what_is_in_flight_and_then_refuses():
    async def go() -> list[str]:
        purse, told = Purse(1.0), []

        async def spend(name: str, cost: float) -> None:
            try:
                await purse.reserve(0.6)
            except BudgetError:
                told.append(f"{name} refused")
                return
            await asyncio.sleep(0.01)
            purse.settle(0.6, cost)
            told.append(name)

        # The second waits, and fits because the first turns out cheap; the third does not.
        await asyncio.gather(spend("a", 0.1), spend("b", 0.5), spend("c", 0.1))
        return told

    assert asyncio.run(go()) == ["a", "b", "c refused"]


def test_a_journal_commits_together_and_says_what_the_disk_refuses(tmp_path):
    lake = open_lake(tmp_path / "lake", create=True)
    pairs = [(f"k{i}", 1) for i in range(100)]
    lake.ledger.requests.claim("r", pairs)

    async def go() -> None:
        async with Journal(lake.ledger.path) as journal:
            await asyncio.gather(
                *(journal.write(lambda log, pair=pair: log.lose([pair])) for pair in pairs)
            )
            assert {row[3] for row in lake.ledger.requests.unsealed()} == {2}

            def refused(log) -> None:
                raise StorageError("full")

            with pytest.raises(StorageError):
                await journal.write(refused)

    asyncio.run(go())


def test_what_is_in_a_journal_at_its_end_is_written(tmp_path):
    lake = open_lake(tmp_path / "lake", create=True)
    lake.ledger.requests.claim("r", [("k", 1)])

    async def go() -> None:
        async with Journal(lake.ledger.path) as journal:
            task = asyncio.create_task(journal.write(lambda log: log.lose([("k", 1)])))
            await asyncio.sleep(0)
            task.cancel()

    asyncio.run(go())
    assert [row[3] for row in lake.ledger.requests.unsealed()] == [2]
