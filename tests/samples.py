"""Small, valid rows for tests of the lake."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from warehouse import keys
from warehouse.grid import Grid
from warehouse.run import Run


def question(i: int, dataset: str = "sample", concept: str = "belief") -> dict[str, Any]:
    """Return one two-option question; four in a row share a group."""
    messages = [{"role": "user", "content": f"Which word is number {i}?"}]
    choices = [f"left {i}", f"right {i}"]
    return {
        "question_id": keys.question_id(dataset, messages, choices),
        "dataset": dataset,
        "concept": concept,
        "split": "test",
        "group_id": f"{concept}-{i // 4}",
        "messages": keys.canonical(messages),
        "choices": choices,
        "answer": "AB"[i % 2],
    }


def condition(run: Run, name: str = "sample-model") -> tuple[str, str]:
    """Register a model and a condition; return their keys."""
    model = {"name": name, "engine": "imported", "base": name}
    model["model_id"] = keys.model_id(model)
    run.upsert("models", [model])
    how = {
        "model_id": model["model_id"],
        "engine": "imported",
        "template": "choices-1",
        "sampling": "{}",
    }
    how["condition_id"] = keys.condition_id(how)
    run.upsert("conditions", [how])
    return model["model_id"], how["condition_id"]


def requests(questions: list[dict[str, Any]], condition_id: str, samples: int = 1) -> Grid:
    """Return requests to plan: both orders of every question, `samples` times."""
    asked = [{"question_id": q["question_id"], "n_choices": len(q["choices"])} for q in questions]
    ways = [
        {
            "n_choices": 2,
            "condition_id": condition_id,
            "reading": "letter",
            "variant": variant,
            "sample_index": sample,
        }
        for variant in ("AB", "BA")
        for sample in range(samples)
    ]
    return Grid(pa.Table.from_pylist(asked), pa.Table.from_pylist(ways))


def answer(request: dict[str, Any], model_id: str, status: str = "ok") -> dict[str, Any]:
    """Return a finished response to a planned request; its numbers follow from the key."""
    share = int(request["request_key"][3:7], 16) / 65535
    return {
        **request,
        "model_id": model_id,
        "status": status,
        "choice_logprobs": [-share, share - 1.0],
        "cost_usd": 0.0,
    }
