"""`generate` killed at random moments: nothing kept is lost, and the rest is answered alike."""

from __future__ import annotations

import random
import time

import pytest

from tests.generate import kill_work
from tests.warehouse.test_crash import assert_opens, kill_after
from tests.warehouse.test_run import rows_of
from tests.warm import Warm
from warehouse.lake import open_lake

ANSWERS = "SELECT request_key, status, text, choice_logprobs FROM responses ORDER BY request_key"


@pytest.fixture(scope="module")
def warm():
    with Warm("tests.generate.kill_work") as process:
        yield process


def undisturbed(warm, path, limit: str):
    """Return the rows of a run that nothing disturbs, and how long it took."""
    kill_work.prepare(str(path))
    start = time.monotonic()
    warm.start("ask", str(path), limit)
    assert warm.wait() == 0
    return rows_of(open_lake(path), ANSWERS), time.monotonic() - start


def assert_equal(found, wanted) -> None:
    """Same keys, status and text; log-probabilities to 1e-4, since batches differ."""
    assert [row[:3] for row in found] == [row[:3] for row in wanted]
    for one, other in zip(found, wanted, strict=True):
        assert one[3] == pytest.approx(other[3], abs=1e-4)


def kills(warm, tmp_path, rounds: int, count: int, limit: str) -> int:
    """Kill `generate` many times in each of some rounds, then `lake compact`; return how often."""
    wanted, whole = undisturbed(warm, tmp_path / "undisturbed", limit)
    moment = random.Random(rounds)
    for i in range(rounds):
        path = tmp_path / f"lake-{i}"
        kill_work.prepare(str(path))
        # All waits together are shorter than the work: every kill falls while some is left.
        for _ in range(count):
            wait = moment.uniform(0, 0.8 * whole / count)
            assert one_kill(warm, wait, "ask", str(path), limit)
        warm.start("ask", str(path), limit)
        assert warm.wait() == 0
        assert_equal(rows_of(open_lake(path), ANSWERS), wanted)
    for _ in range(count):
        one_kill(warm, moment.uniform(0, 0.5), "compact", str(path))
    assert_equal(rows_of(open_lake(path), ANSWERS), wanted)
    return rounds * count


def one_kill(warm, seconds: float, function: str, path: str, *arguments: str) -> bool:
    killed = kill_after(warm, seconds, function, path, *arguments)
    assert_opens(path)
    return killed


def test_three_kills_of_generate_and_of_compact(warm, tmp_path):
    kills(warm, tmp_path, rounds=1, count=3, limit="160")


@pytest.mark.soak
def test_two_hundred_kills_of_generate(warm, tmp_path, capsys):
    killed = kills(warm, tmp_path, rounds=10, count=20, limit="1000")
    with capsys.disabled():
        print(f"\n{killed} kills of generate at random moments survived")
