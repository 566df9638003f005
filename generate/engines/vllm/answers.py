"""What becomes of a request, from what vLLM gave for it in this process or over HTTP."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the further fields of the response's row."""

    status: str
    fields: dict[str, Any]


def scored(values: list[float], prompt: Sequence[int], ids: Sequence[Sequence[int]]) -> Answer:
    """Return the answer to a choice: natural-log probabilities in stored order, float64."""
    counts = {"prompt_tokens": len(prompt), "completion_tokens": sum(map(len, ids))}
    if not all(map(math.isfinite, values)):
        error = "The model gave a probability that is not a number."
        return Answer("failed", {"error_class": "engine", "error": error, **counts})
    return Answer("ok", {"choice_logprobs": values, **counts})


def written(text: str, stopped: bool, tokens: int, prompt: Sequence[int]) -> Answer:
    """Return the answer in words; `tokens` does not count the one that ended it."""
    fields = {
        "text": text,
        "finish_reason": "stop" if stopped else "length",
        "prompt_tokens": len(prompt),
        "completion_tokens": tokens,
    }
    return Answer("ok" if stopped else "truncated", fields)


def refused(
    prompt: Sequence[int], ids: Sequence[Sequence[int]], context: int | None
) -> Answer | None:
    """Return the answer to what cannot be asked, or None.

    The model must be able to see the prompt and at least one token after it.
    """
    if not all(ids):
        error = "An option is empty, so it has no probability."
        return Answer("failed", {"error_class": "engine", "error": error})
    longest = len(prompt) + max(map(len, ids), default=1)
    if context is not None and longest > context:
        error = f"The prompt needs {longest:,} tokens and the model reads {context:,}."
        return Answer("too_long", {"error": error, "prompt_tokens": len(prompt)})
    return None
