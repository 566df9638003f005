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


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, warm):
    """The rows of a run that nothing disturbed, and how long it took."""
    path = tmp_path_factory.mktemp("undisturbed") / "lake"
    kill_work.prepare(str(path))
    start = time.monotonic()
    warm.start("ask", str(path))
    assert warm.wait() == 0
    return rows_of(open_lake(path), ANSWERS), time.monotonic() - start


def assert_equal(found, wanted) -> None:
    """Same keys, status and text; log-probabilities to 1e-4, since batches differ."""
    assert [row[:3] for row in found] == [row[:3] for row in wanted]
    for one, other in zip(found, wanted, strict=True):
        assert one[3] == pytest.approx(other[3], abs=1e-4)


def kills(warm, tmp_path, undisturbed, count: int, seed: int) -> None:
    wanted, whole = undisturbed
    moment = random.Random(seed)
    path = tmp_path / "lake"
    kill_work.prepare(str(path))
    killed = 0
    # So spread, the kills fall all over the work: about when the last falls, it is finished.
    for _ in range(count):
        killed += kill_after(warm, moment.uniform(0, 1 + 2 * whole / count), "ask", str(path))
        assert_opens(path)
    assert killed >= count * 2 // 3
    warm.start("ask", str(path))
    assert warm.wait() == 0
    assert_equal(rows_of(open_lake(path), ANSWERS), wanted)
    for _ in range(count):
        kill_after(warm, moment.uniform(0, 0.5), "compact", str(path))
        assert_opens(path)
    assert_equal(rows_of(open_lake(path), ANSWERS), wanted)


def test_three_kills_of_generate_and_of_compact(warm, tmp_path, undisturbed):
    kills(warm, tmp_path, undisturbed, count=3, seed=0)


@pytest.mark.soak
def test_twenty_kills_of_generate_and_of_compact(warm, tmp_path, undisturbed):
    kills(warm, tmp_path, undisturbed, count=20, seed=1)
