"""The model with a used and an inert direction, steered along both once for all tests."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from analyze.probe import run_probe
from analyze.quantify import run_quantify
from tests.inside_lakes import capture, lake_of, mirrorlake, starter, steer

MODEL = "two-axes"
CONCEPTS = ("belief", "self_reflection")


def steered_lake(folder, doses, limit):
    """Yield a lake in which both directions were steered along, and what was found."""
    with lake_of(folder, starter(*CONCEPTS)) as lake:
        capture(lake, MODEL, concepts=CONCEPTS, layers=(2,))
        run_probe(lake)
        for concept in CONCEPTS:
            name = f"mean_difference:{concept}:answer@resid_post.2"
            steer(lake, MODEL, name, doses=doses, controls=100, concepts=(concept,), fold=0,
                  limit=limit)  # fmt: skip
        done = mirrorlake("analyze", "steer", "--lake", lake.path, "--json")
        assert done.exit_code == 0, done.output
        rows = json.loads(done.stdout)
        yield SimpleNamespace(lake=lake, done=done, rows=rows, answers=run_quantify(lake))


@pytest.fixture(scope="session")
def steered(tmp_path_factory):
    """Two doses and eight held-out questions of each concept, 100 controls of each family."""
    yield from steered_lake(tmp_path_factory.mktemp("steered"), (-2.0, 2.0), 8)


@pytest.fixture(scope="session")
def swept(tmp_path_factory):
    """The whole sweep of the demo: four doses, all held-out questions."""
    yield from steered_lake(tmp_path_factory.mktemp("swept"), (-4.0, -2.0, 2.0, 4.0), None)
