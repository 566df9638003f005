"""Killed at every step of asking and of a batch's life: every bill explained, no batch twice."""

from __future__ import annotations

import json

import pytest

from tests.provider import Provider
from tests.workers import failures

WORK = "tests.generate.remote.survive_paid"
KINDS = ["openai", "openai-once", "anthropic", "openai-batch", "anthropic-batch"]


@pytest.fixture(scope="module")
def provider():
    # Batches end at the first look: how often one is looked at must not depend on the clock, or
    # the work that is killed has other steps than the undisturbed one.
    with Provider(seed=1) as made:
        yield made


@pytest.fixture(scope="module")
def steps(provider, tmp_path_factory):
    """Return the steps of each kind of work, undisturbed."""
    found = {}
    for kind in KINDS:
        place = tmp_path_factory.mktemp("plain") / kind
        given = [(str(place), kind, provider.url, f"plain-{kind}")]
        assert failures(WORK, "undisturbed", given) == []
        found[kind] = json.loads(place.with_suffix(".json").read_text())
    return found


# What asking adds to the steps of a lake, all of which `tests/warehouse` ends one by one.
OWN = ("commit", "call", "heard")


def pieces(tmp_path, provider, kind, steps, form, every=True):
    return [
        (str(tmp_path / str(k)), kind, provider.url, f"{form}-{kind}-{k:04d}-", str(k))
        for k, (step, path) in enumerate(steps[kind], start=1)
        if every or step.startswith(OWN) or "attempts" in path
    ]


def test_the_work_takes_the_steps_of_the_network(steps):
    assert {"call ask", "heard ask"} <= {kind for kind, _ in steps["openai"]}
    asked = {f"{what} {name}" for what in ("call", "heard") for name in ("create", "find")}
    assert asked <= {kind for kind, _ in steps["openai-batch"]}


def kill_each(provider, steps, tmp_path, capsys, kind, every):
    each = pieces(tmp_path, provider, kind, steps, "kill", every)
    assert failures(WORK, "kill", each) == []
    with capsys.disabled():
        print(f"\n{kind}: {len(each)} of {len(steps[kind])} durable steps and calls, all survived")


# The other kinds are killed in the long form.
@pytest.mark.parametrize("kind", ["openai", "anthropic-batch"])
def test_a_kill_at_every_step_of_paying_is_paid_once(provider, steps, tmp_path, capsys, kind):
    kill_each(provider, steps, tmp_path, capsys, kind, every=False)


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_at_every_step_at_all_is_paid_once(provider, steps, tmp_path, capsys, kind):
    kill_each(provider, steps, tmp_path, capsys, kind, every=True)


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_at_every_step_of_what_follows(provider, steps, tmp_path, capsys, kind):
    each = pieces(tmp_path, provider, kind, steps, "twice")
    assert failures(WORK, "kill_twice", each) == []
    pairs = sum(int(path.read_text()) for path in tmp_path.glob("*.pairs"))
    with capsys.disabled():
        print(f"\n{kind}: {pairs} pairs of a step and a step of what follows survived")
