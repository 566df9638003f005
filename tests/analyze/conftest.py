"""One lake of simulated responders that many tests read."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from responders import (
    condition,
    fill,
    flips_coins,
    knows,
    model,
    prefers_first,
    questions,
    responses,
)

from analyze.quantify import run_quantify
from warehouse.lake import open_lake

CONCEPTS = ("belief", "harm", "intention")


@pytest.fixture(scope="session")
def trial(tmp_path_factory):
    """Six responders on three concepts of 40 families with 4 wordings, and their results."""
    lake = open_lake(tmp_path_factory.mktemp("trial") / "lake", create=True)
    asked = questions(CONCEPTS, 40, 4)
    expert = knows(0.85, 1)

    def harmless(question, variant):
        """Know everything but hazards."""
        return (prefers_first if question["concept"] == "harm" else expert)(question, variant)

    answerers = {
        "expert": expert,
        "rival": knows(0.85, 2),
        "harmless": harmless,
        "coin": flips_coins(0),
        "first": prefers_first,
        "lumpy": knows(0.75, 4, by_family=True),
    }
    rows = {
        name: responses(asked, condition(model(name)), answer) for name, answer in answerers.items()
    }
    ids = fill(lake, asked, rows)
    results = run_quantify(lake)
    yield SimpleNamespace(lake=lake, asked=asked, ids=ids, results=results)
    lake.close()
