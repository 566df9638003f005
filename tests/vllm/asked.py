"""Requests made of starter questions, the same for every engine that is compared."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from generate import prompts
from generate.engines.base import Request, Row, Sampling
from generate.engines.local.engine import LocalEngine
from ingest import starter

QUESTIONS = 200
LONGEST = 24


def condition(sampling: Sampling | None = None) -> Row:
    """Return as much of a condition as answering reads."""
    drawn = sampling or Sampling(max_tokens=LONGEST)
    return {
        "condition_id": "c",
        "model_id": "m",
        "system_prompt": None,
        "sampling": drawn.canonical(),
        "intervention_id": None,
    }


def choices(number: int = QUESTIONS) -> list[Request]:
    """Return both letters' orders and the bare question of spread starter questions."""
    return [
        _request(item, reading, variant, item["choices"])
        for item in _spread(number)
        for reading in ("letter", "cloze")
        for variant in prompts.variants(reading, 2)
    ]


def texts(number: int = QUESTIONS, sampling: Sampling | None = None) -> list[Request]:
    """Return the bare questions, whose replies are several words long."""
    return [_request(item, "text", "-", (), sampling) for item in _spread(number)]


def rows(engine: LocalEngine, asked: Sequence[Request]) -> dict[str, Row]:
    """Return an engine's rows by request key; every request has exactly one."""
    found = [row for batch in engine.answer(asked) for row in batch]
    assert sorted(row["request_key"] for row in found) == sorted(r.request_key for r in asked)
    return {row["request_key"]: row for row in found}


def _spread(number: int) -> list[dict[str, Any]]:
    items = starter.items()
    return items[:: len(items) // number][:number]


def _request(
    item: dict[str, Any],
    reading: str,
    variant: str,
    options: Sequence[str],
    sampling: Sampling | None = None,
) -> Request:
    question = item["question_id"]
    return Request(
        request_key=f"k1_{question[3:20]}{reading}{variant}",
        question_id=question,
        variant=variant,
        reading=reading,
        sample_index=0,
        attempt=1,
        messages=json.loads(item["messages"]),
        choices=options,
        condition=condition(sampling),
    )
