"""Small lakes, jobs and price files for tests that ask the loopback provider."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from generate.engines.base import Asking, Options, Sampling
from generate.job import Limits, ResponsesJob
from tests.provider import Provider
from tests.samples import question
from warehouse.lake import Lake, open_lake

# Dollars for a million tokens: a test's answer of 20 + 2 tokens costs 24 millionths.
PRICES = """
[[price]]
provider = "{provider}"
models = ["{model}"]
from = 2026-01-01
input = 1.0
output = 2.0
cache_read = 1.0
cache_write = 1.0
cache_write_1h = 1.0
batch_factor = 0.5
source = "a test"
read = 2026-01-01
"""


def make_lake(path: Path, questions: int) -> Lake:
    """Return a new lake with some two-option questions in the data set `sample`."""
    lake = open_lake(path, create=True)
    with lake.run("ingest questions") as run:
        run.append("questions", [question(i) for i in range(questions)])
    return lake


def openai_model(server: str, model: str = "plain") -> str:
    """Return the name of an OpenAI model on the server at a URL."""
    return f"openai:{model}@{server}/v1"


def anthropic_model(server: str, model: str = "plain") -> str:
    """Return the name of an Anthropic model on the server at a URL."""
    return f"anthropic:{model}@{server}"


def price_file(path: Path, *models: str) -> str:
    """Write a price file for models by their full names; return its path."""
    entries = []
    for name in models:
        provider, _, model = name.partition(":")
        entries.append(PRICES.format(provider=provider, model=model))
    path.write_text("".join(entries))
    return str(path)


def job(model: str, prices: str | None = None, **more: Any) -> ResponsesJob:
    """Return a job that asks every question of `sample` as text, quick to give up."""
    limits = {"timeout": 5.0, "deadline": 60.0, **more.pop("limits", {})}
    drawn = Sampling(temperature=more.pop("temperature", 0.0))
    given: dict[str, Any] = {
        "questions": "sample",
        "model": model,
        "readings": ("text",),
        "asking": Asking(sampling=drawn),
        "options": Options(prices=prices),
        "limits": Limits(**limits),
    }
    return ResponsesJob(**{**given, **more})


def rows(lake: Lake, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query over all that is published."""
    with lake.reader() as con:
        return con.execute(query).fetchall()


def assert_explained(lake: Lake, server: Provider) -> None:
    """Every bill has its row of `attempts`; every known outcome has been billed exactly once."""
    explained = rows(lake, "SELECT request_key, attempt, outcome FROM attempts")
    outcomes = {(key, attempt): outcome for key, attempt, outcome in explained}
    keys = {key for key, _ in outcomes}
    billed = [(b.request, b.attempt) for b in server.bills() if b.request in keys and b.attempt]
    assert len(billed) == len(set(billed)), "one try was billed twice"
    assert set(billed) <= outcomes.keys(), "a bill without a row of attempts"
    batched = {b.request for b in server.bills() if b.batch_id}
    for try_, outcome in outcomes.items():
        if outcome not in {"unknown", "failed"} and try_[0] not in batched:
            assert try_ in set(billed), f"{try_} counts as answered and was never billed"
