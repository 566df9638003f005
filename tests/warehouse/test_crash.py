"""A process killed at any moment leaves a lake that the next command opens without help."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time

import pytest

from tests.warehouse import crash_work
from tests.warehouse.test_run import rows_of
from tests.warm import Warm
from warehouse.check import check, open_and_check
from warehouse.lake import open_lake

ANSWERS = "SELECT request_key, status, choice_logprobs FROM responses ORDER BY request_key"


@pytest.fixture(scope="module")
def warm():
    with Warm("tests.warehouse.crash_work") as process:
        yield process


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    path = tmp_path_factory.mktemp("undisturbed") / "lake"
    crash_work.fill(str(path))
    return rows_of(open_lake(path), ANSWERS)


def kill_after(warm: Warm, seconds: float, function: str, *arguments: str) -> bool:
    """Run a function in a worker and kill it; return whether it was still running."""
    pid = warm.start(function, *arguments)
    time.sleep(seconds)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return warm.wait() == -signal.SIGKILL


def assert_opens(path) -> None:
    """The next command needs no help, and nothing is wrong."""
    open_lake(path, create=True).close()
    assert open_and_check(path) == []


def kills(warm, tmp_path, undisturbed, count: int, seed: int) -> int:
    """Kill the filling and then the compaction of a lake; return how often it was at work."""
    random_moment = random.Random(seed)
    start = time.monotonic()
    pid = warm.start("fill", str(tmp_path / "timed"))
    assert pid and warm.wait() == 0
    whole = time.monotonic() - start
    path = tmp_path / "lake"
    killed = 0
    for _ in range(count):
        killed += kill_after(warm, random_moment.uniform(0, whole), "fill", str(path))
        assert_opens(path)
    warm.start("fill", str(path))
    assert warm.wait() == 0
    assert rows_of(open_lake(path), ANSWERS) == undisturbed
    assert killed >= count // 4
    for _ in range(count):
        killed += kill_after(warm, random_moment.uniform(0, whole / 2), "compact", str(path))
        assert_opens(path)
    assert rows_of(open_lake(path), ANSWERS) == undisturbed
    return killed


def test_kills_at_random_moments_lose_nothing(warm, tmp_path, undisturbed):
    kills(warm, tmp_path, undisturbed, count=6, seed=0)


@pytest.mark.soak
def test_many_kills_at_random_moments_lose_nothing(warm, tmp_path, undisturbed, capsys):
    killed = kills(warm, tmp_path, undisturbed, count=60, seed=1)
    with capsys.disabled():
        print(f"\n{killed} kills of filling and compacting at random moments survived")


def leave(lake, name: str, data: bytes) -> None:
    folder = lake.path / "segments" / "responses"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def test_a_temporary_file_is_invisible_and_removed(lake):
    crash_work.fill(str(lake.path))
    leave(lake, "responses-1-aa.tmp", b"half a file")
    before = rows_of(lake, ANSWERS)
    with lake.run("next command"):
        pass
    assert not list(lake.path.rglob("*.tmp"))
    assert rows_of(lake, ANSWERS) == before


def test_a_segment_renamed_but_not_listed_is_adopted_once(lake, monkeypatch):
    from warehouse.ledger import Ledger

    crash_work.fill(str(lake.path), batch=200)
    wanted = rows_of(lake, ANSWERS)
    other = open_lake(lake.path.parent / "other", create=True)

    def die(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "list_segment", die)
        with pytest.raises(KeyboardInterrupt):
            crash_work.fill(str(other.path), batch=200)
    crash_work.fill(str(other.path))
    assert check(other) == []
    assert rows_of(other, ANSWERS) == wanted


def test_a_compaction_renamed_but_not_listed_doubles_nothing(lake, monkeypatch):
    from warehouse.ledger import Ledger

    crash_work.fill(str(lake.path))
    wanted = rows_of(lake, ANSWERS)
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "list_segment", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            crash_work.compact(str(lake.path))
    with lake.run("next command"):
        pass
    assert rows_of(lake, "SELECT count(*) FROM responses_history") == [(120,)]
    assert rows_of(lake, ANSWERS) == wanted
    assert check(lake) == []


def test_a_killed_run_is_marked_and_its_claims_are_free(warm, tmp_path):
    path = tmp_path / "lake"
    crash_work.fill(str(tmp_path / "other"))
    while not kill_after(warm, 0.15, "fill", str(path)):
        raise AssertionError("the worker ended before it was killed")
    lake = open_lake(path, create=True)
    with lake.run("next command"):
        pass
    states = rows_of(lake, "SELECT DISTINCT status FROM runs WHERE command <> 'next command'")
    assert ("running",) not in states
    assert lake.ledger.counts().get("planned", 0) == 0


def test_a_full_disk_is_one_sentence_and_nothing_half_written(lake, monkeypatch):
    from warehouse import segments
    from warehouse.errors import StorageError

    def full(self) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(segments._HashingFile, "sync", full)
    with pytest.raises(StorageError, match="No space left"):
        crash_work.fill(str(lake.path))
    monkeypatch.undo()
    assert not list(lake.path.rglob("*.tmp"))
    crash_work.fill(str(lake.path))
    assert check(lake) == []
