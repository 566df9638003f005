"""Several processes on one lake: commands started together, and readers during writes."""

from __future__ import annotations

import pytest

from tests.warehouse.test_run import rows_of
from tests.warm import Warm
from warehouse.check import open_and_check
from warehouse.lake import open_lake


@pytest.fixture(scope="module")
def warm():
    with Warm("tests.warehouse.crowd") as process:
        yield process


def do(warm: Warm, function: str, *arguments: str) -> None:
    warm.start(function, *arguments)
    assert warm.wait() == 0


def answered(path) -> int:
    [(count,)] = rows_of(open_lake(path), "SELECT count(*) FROM responses_history")
    return count


def test_commands_with_different_work_started_together_all_finish(warm, tmp_path):
    path = tmp_path / "lake"
    do(warm, "start_different_work", str(path))
    assert open_and_check(path) == []
    assert answered(path) == 60


def test_of_commands_with_the_same_work_one_finishes_and_is_named_by_the_others(warm, tmp_path):
    path = tmp_path / "lake"
    do(warm, "start_same_work", str(path))
    assert open_and_check(path) == []
    assert answered(path) == 20
    said = [text.read_text() for text in path.with_suffix(".refused").glob("*.said")]
    errors = [line for text in said for line in text.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 2
    assert all("'mirrorlake generate responses' (process" in error for error in errors)
    assert "Traceback" not in "".join(said)


def reading(warm, tmp_path, capsys, seconds: int, readers: int) -> None:
    path = tmp_path / "lake"
    do(warm, "begin", str(path))
    do(warm, "read_during_writes", str(path), str(seconds), str(readers))
    queries = [int(file.read_text()) for file in tmp_path.glob("*.queries")]
    assert len(queries) == readers
    assert open_and_check(path) == []
    with capsys.disabled():
        print(f"\n{sum(queries)} queries of {readers} readers during writes, no error")


def test_readers_during_writes_see_whole_tables(warm, tmp_path, capsys):
    reading(warm, tmp_path, capsys, seconds=4, readers=2)


@pytest.mark.soak
def test_eight_readers_during_two_minutes_of_writes_see_whole_tables(warm, tmp_path, capsys):
    reading(warm, tmp_path, capsys, seconds=120, readers=8)
