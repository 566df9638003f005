"""A process killed at any moment leaves a lake that the next command opens without help."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


def kills(warm: Warm, work: str, new_lake: Callable[[], Path], whole: float, count: int) -> None:
    """Kill the work so many times before its end, on a new lake after each time that it ended."""
    moment = random.Random(count)
    path, killed = new_lake(), 0
    while killed < count:
        if kill_after(warm, moment.uniform(0, whole), work, str(path)):
            killed += 1
            assert_opens(path)
        else:
            path = new_lake()


def kill_both(warm: Warm, tmp_path: Path, undisturbed: list[Any], count: int) -> None:
    """Kill filling, and then compacting; each time what is left of the work must be done alike."""
    lakes = (tmp_path / f"lake-{number}" for number in itertools.count())
    made: list[Path] = []

    def empty() -> Path:
        made.append(next(lakes))
        return made[-1]

    def filled() -> Path:
        return Path(shutil.copytree(first, empty()))

    first = empty()
    kills(warm, "fill", empty, timed(warm, "fill", first), count)
    for path in made:
        timed(warm, "fill", path)
    kills(warm, "compact", filled, timed(warm, "compact", filled()), count)
    for path in made:
        assert_opens(path)
        assert rows_of(open_lake(path), ANSWERS) == undisturbed


def timed(warm: Warm, work: str, path: Path) -> float:
    """Do the work to its end; return how many seconds it took."""
    start = time.monotonic()
    warm.start(work, str(path))
    assert warm.wait() == 0
    return time.monotonic() - start


def test_kills_at_random_moments_lose_nothing(warm, tmp_path, undisturbed):
    kill_both(warm, tmp_path, undisturbed, count=6)


@pytest.mark.soak
def test_many_kills_at_random_moments_lose_nothing(warm, tmp_path, undisturbed, capsys):
    kill_both(warm, tmp_path, undisturbed, count=60)
    with capsys.disabled():
        print("\n60 kills of filling and 60 of compacting at random moments survived")


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
    assert lake.ledger.requests.counts().get("planned", 0) == 0


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
