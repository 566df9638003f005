"""Killed at every step of asking and of a batch's life: every bill explained, no batch twice."""

from __future__ import annotations

import json

import pytest

from tests.provider import Provider
from tests.warm import Warm
from tests.workers import failures

WORK = "tests.generate.remote.survive_paid"
KINDS = ["openai", "openai-once", "anthropic", "openai-batch", "anthropic-batch"]


@pytest.fixture(scope="module")
def provider():
    with Provider(seed=1, batch_seconds=0.02) as made:
        yield made


@pytest.fixture(scope="module")
def steps(provider, tmp_path_factory):
    """Return the steps of each kind of work, undisturbed."""
    found = {}
    with Warm(WORK) as warm:
        for kind in KINDS:
            place = tmp_path_factory.mktemp("plain") / kind
            warm.start("undisturbed", str(place), kind, provider.url, f"plain-{kind}")
            assert warm.wait() == 0
            found[kind] = json.loads(place.with_suffix(".json").read_text())
    return found


def pieces(tmp_path, provider, kind, steps, form):
    return [
        (str(tmp_path / str(k)), kind, provider.url, f"{form}-{kind}-{k:04d}-", str(k))
        for k in range(1, len(steps[kind]) + 1)
    ]


def test_the_work_takes_the_steps_of_the_network(steps):
    assert {"send", "reply"} <= {kind for kind, _ in steps["openai"]}
    assert {"upload", "uploadd", "create", "created", "find", "findd"} <= {
        kind for kind, _ in steps["openai-batch"]
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_at_every_step_is_paid_once(provider, steps, tmp_path, capsys, kind):
    each = pieces(tmp_path, provider, kind, steps, "kill")
    assert failures(WORK, "kill", each) == []
    with capsys.disabled():
        print(f"\n{kind}: {len(each)} durable steps and calls, {len(each)} kills survived")


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_at_every_step_of_what_follows(provider, steps, tmp_path, capsys, kind):
    each = pieces(tmp_path, provider, kind, steps, "twice")
    assert failures(WORK, "kill_twice", each) == []
    pairs = sum(int(path.read_text()) for path in tmp_path.glob("*.pairs"))
    with capsys.disabled():
        print(f"\n{kind}: {pairs} pairs of a step and a step of what follows survived")
