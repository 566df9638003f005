"""Simulated responders whose truth is known, written as ordinary rows of a lake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from warehouse import keys
from warehouse.lake import Lake

Rng = np.random.Generator
# A responder gets (generator, question, variant, draw of the question) and returns the
# log-probability of each stored option.
Responder = Callable[[Rng, dict[str, Any], str], Sequence[float]]


def questions(
    concepts: Sequence[str],
    families: int = 40,
    wordings: int = 4,
    dataset: str = "trial",
    seed: int = 0,
    options: Callable[[str, int, int], list[str]] | None = None,
) -> list[dict[str, Any]]:
    """Return two-option questions in paraphrase families, right letters drawn at random."""
    rng = np.random.default_rng(seed)
    rows = []
    for concept in concepts:
        for family in range(families):
            for wording in range(wordings):
                texts = (
                    options(concept, family, wording)
                    if options
                    else [f"{concept} yes {family}", f"{concept} nay {family}"]
                )
                messages = [{"role": "user", "content": f"{concept} {family} {wording}?"}]
                rows.append(
                    {
                        "question_id": keys.question_id(dataset, messages, texts),
                        "dataset": dataset,
                        "concept": concept,
                        "split": "test",
                        "group_id": f"{concept}-{family}",
                        "messages": keys.canonical(messages),
                        "choices": texts,
                        "answer": "AB"[rng.integers(2)],
                        "source_file": "trial.jsonl",
                    }
                )
    return rows


def model(name: str) -> dict[str, Any]:
    """Return a row of `models`."""
    row = {"name": name, "engine": "imported", "base": name}
    return {**row, "model_id": keys.model_id(row)}


def condition(model_row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of `conditions`."""
    row = {
        "model_id": model_row["model_id"],
        "engine": "imported",
        "template": "choices-1",
        "sampling": "{}",
    }
    return {**row, "condition_id": keys.condition_id(row)}


def responses(
    asked: Sequence[dict[str, Any]],
    condition_row: dict[str, Any],
    answer: Callable[[dict[str, Any], str], dict[str, Any]],
    reading: str = "letter",
    variants: Sequence[str] = ("AB", "BA"),
    sample_index: int = 0,
    attempt: int = 1,
) -> list[dict[str, Any]]:
    """Return one response a question and variant; `answer` fills what was said."""
    rows = []
    for question in asked:
        for variant in variants:
            key = keys.request_key(
                question["question_id"],
                variant,
                reading,
                condition_row["condition_id"],
                sample_index,
            )
            rows.append(
                {
                    "request_key": key,
                    "question_id": question["question_id"],
                    "condition_id": condition_row["condition_id"],
                    "model_id": condition_row["model_id"],
                    "variant": variant,
                    "reading": reading,
                    "sample_index": sample_index,
                    "attempt": attempt,
                    "status": "ok",
                    "origin": "imported",
                    **answer(question, variant),
                }
            )
    return rows


def knows(accuracy: float, seed: int, by_family: bool = False) -> Callable[..., dict[str, Any]]:
    """Return an answerer whose choice is right with this probability, whatever the order.

    With `by_family` all wordings of a family share their luck: intraclass correlation 1.
    """
    rng = np.random.default_rng(seed)
    luck: dict[str, float] = {}

    def answer(question: dict[str, Any], variant: str) -> dict[str, Any]:
        unit = question["group_id"] if by_family else question["question_id"]
        right = luck.setdefault(unit, rng.random()) < accuracy
        chosen = ord(question["answer"]) - 65 if right else 1 - (ord(question["answer"]) - 65)
        return {"choice_logprobs": [-0.2 if i == chosen else -1.7 for i in range(2)]}

    return answer


def flips_coins(seed: int) -> Callable[..., dict[str, Any]]:
    """Return an answerer that chooses at random, anew in every order."""
    rng = np.random.default_rng(seed)

    def answer(question: dict[str, Any], variant: str) -> dict[str, Any]:
        return {"choice_logprobs": list(np.log(rng.dirichlet([2.0, 2.0])))}

    return answer


def prefers_first(question: dict[str, Any], variant: str) -> dict[str, Any]:
    """Answer with whatever option stands first."""
    first = ord(variant[0]) - 65
    return {"choice_logprobs": [-0.1 if i == first else -2.4 for i in range(2)]}


def fill(
    lake: Lake,
    asked: Sequence[dict[str, Any]],
    answered: dict[str, list[dict[str, Any]]],
) -> dict[str, str]:
    """Write questions, models and responses; return the model id of each name.

    `answered` maps a model's name to its rows made with `condition(model(name))`.
    """
    with lake.run("test") as run:
        run.append("questions", list(asked))
        run.upsert("models", [model(name) for name in answered])
        run.upsert("conditions", [condition(model(name)) for name in answered])
        for rows in answered.values():
            run.append("responses", rows)
    return {name: model(name)["model_id"] for name in answered}
