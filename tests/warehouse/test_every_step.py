"""Killed at every durable step and at every step of its recovery; the power cut at every one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.workers import failures

WORK = "tests.warehouse.survive"


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    """What undisturbed work took and left: steps and rows, as JSON.

    That nothing changes on the disk between two steps is proved by making it.
    """
    place = tmp_path_factory.mktemp("plain") / "work"
    assert failures(WORK, "undisturbed", [(str(place),)]) == []
    return place.with_suffix(".json")


def steps(plain: Path) -> list[list[str]]:
    return json.loads(plain.read_text())["steps"]


def pieces(tmp_path: Path, plain: Path, *more: str) -> Sequence[tuple[str, ...]]:
    """Return the arguments of one worker for each step."""
    count = len(steps(plain))
    return [(str(tmp_path / str(k)), str(plain), str(k), *more) for k in range(1, count + 1)]


def test_the_work_takes_every_kind_of_step(plain):
    kinds = {kind for kind, _ in steps(plain)}
    assert kinds == {
        "mkdir", "create", "write", "body", "fsync", "chmod", "rename", "unlink",
        "commit", "close", "views",
    }  # fmt: skip
    tables = {Path(path).parts[2] for _, path in steps(plain) if path.endswith(".parquet")}
    assert {"responses", "runs"} <= tables


def test_a_kill_at_every_step_loses_nothing(plain, tmp_path, capsys):
    each = pieces(tmp_path, plain)
    assert failures(WORK, "kill", each) == []
    with capsys.disabled():
        print(f"\n{len(each)} durable steps, {len(each)} kills survived")


@pytest.mark.soak
def test_a_kill_at_every_step_of_every_recovery_loses_nothing(plain, tmp_path, capsys):
    each = pieces(tmp_path, plain)
    assert failures(WORK, "kill_twice", each) == []
    pairs = sum(int(path.read_text()) for path in tmp_path.glob("*.pairs"))
    assert pairs > len(each)
    with capsys.disabled():
        print(f"\n{pairs} pairs of a step and a step of its recovery survived")


def cut(plain, tmp_path, capsys, seed: str, numbers: Sequence[int]) -> None:
    every = pieces(tmp_path, plain, seed)
    assert failures(WORK, "power_cut", [every[number - 1] for number in numbers]) == []
    with capsys.disabled():
        print(f"\n{len(numbers)} power cuts survived")


def test_a_power_cut_after_any_transaction_loses_nothing(plain, tmp_path, capsys):
    kinds = [kind for kind, _ in steps(plain)]
    after = [k + 1 for k, kind in enumerate(kinds, start=1) if kind == "commit" and k < len(kinds)]
    cut(plain, tmp_path, capsys, "", sorted({*after, len(kinds)}))


@pytest.mark.soak
@pytest.mark.parametrize("seed", ["", "0", "1"])
def test_a_power_cut_at_every_step_loses_nothing(plain, tmp_path, capsys, seed):
    cut(plain, tmp_path, capsys, seed, range(1, len(steps(plain)) + 1))
