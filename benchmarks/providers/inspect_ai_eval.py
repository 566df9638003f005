"""Inspect AI on the same server, run by a Python of its own environment.

    .venv-inspect/bin/python benchmarks/providers/inspect_ai_eval.py URL REQUESTS IN_FLIGHT

Its OpenAI path counts tokens with a tokenizer that it downloads; without a network that fails,
so counting is replaced by a constant, which is a little in its favour. No scorer, no display,
its log in a temporary folder; timed is the evaluation, not the import.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time


def prompt(i: int) -> str:
    """Return the prompt of `words.py`; mirrorlake is not in this environment."""
    return f"Question {i}: is the statement that follows true? The sum is {i * 7}."


def ask(url: str, requests: int, in_flight: int, folder: str) -> float:
    """Return the seconds that one evaluation took."""
    from inspect_ai import Task, eval
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.solver import generate

    samples = [Sample(input=prompt(i)) for i in range(requests)]
    task = Task(dataset=MemoryDataset(samples), solver=generate())
    started = time.perf_counter()
    [log] = eval(
        task,
        model="openai/tiny",
        model_base_url=url,
        model_args={"responses_api": False},
        max_connections=in_flight,
        max_samples=in_flight * 2,
        max_tokens=64,
        temperature=0.0,
        display="none",
        log_dir=folder,
        log_samples=True,
        score=False,
    )
    seconds = time.perf_counter() - started
    if log.status != "success":
        why = str(log.error and log.error.message)
        raise SystemExit(f"Inspect AI ended as {log.status}: {why[:500]}")
    return seconds


def _without_tokenizer() -> None:
    try:
        import tiktoken
    except ImportError:
        return

    class Constant:
        def encode(self, text: str, **_: object) -> list[int]:
            return [0] * (len(text) // 4 + 1)

    tiktoken.get_encoding = lambda *_: Constant()
    tiktoken.encoding_for_model = lambda *_: Constant()


if __name__ == "__main__":
    os.environ.setdefault("OPENAI_API_KEY", "none")
    _without_tokenizer()
    with tempfile.TemporaryDirectory() as place:
        taken = ask(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), place)
        print(json.dumps({"seconds": taken}))
