"""Killed at every durable step of a training: it ends in the same weights, registered once."""

from __future__ import annotations

import json

import pytest

from tests.finetune.lora import tiny
from tests.workers import failures

WORK = "tests.finetune.lora.survive_training"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return str(tiny.folder(tmp_path_factory.mktemp("base") / "m"))


@pytest.fixture(scope="module")
def plain(base, tmp_path_factory):
    """The steps of a training that nothing disturbs, and the digest of what comes of it."""
    place = tmp_path_factory.mktemp("plain") / "plain"
    assert failures(WORK, "undisturbed", [(str(place), base)]) == []
    return json.loads(place.with_suffix(".json").read_text())


def kill_each(base, plain, tmp_path, capsys, own):
    pieces = [
        (str(tmp_path / str(number)), base, str(number), plain["digest"])
        for number, (kind, path) in enumerate(plain["steps"], start=1)
        if not own or ("adapters" in path and kind in {"rename", "replace", "mkdir"})
    ]
    assert failures(WORK, "kill", pieces) == []
    with capsys.disabled():
        print(f"\n{len(pieces)} of {len(plain['steps'])} durable steps, all survived")


def test_a_kill_around_every_checkpoint_changes_nothing(base, plain, tmp_path, capsys):
    renamed = [path for kind, path in plain["steps"] if kind == "rename" and "adapters" in path]
    # Three checkpoints, the last one again with the whole curve, and the adapter itself.
    assert len(renamed) == 5
    kill_each(base, plain, tmp_path, capsys, own=True)


@pytest.mark.soak
def test_a_kill_at_every_step_changes_nothing(base, plain, tmp_path, capsys):
    kill_each(base, plain, tmp_path, capsys, own=False)
