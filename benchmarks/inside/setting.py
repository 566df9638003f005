"""What the benchmarks of hidden states share: a random model, prompts, clocks, lines."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from generate.capture.job import ActivationsJob
from generate.capture.prompts import Asked, Prompt, encode
from generate.engines.base import Asking, Options
from generate.engines.local.engine import LocalEngine, open_model
from generate.engines.local.network import Network
from ingest.starter import items

ROUNDS = 3


@dataclass(frozen=True)
class Setting:
    """A network, the encoder of the embedded family, and the first questions of the starter set."""

    engine: LocalEngine
    network: Network
    prompts: list[Prompt]

    @property
    def model(self) -> Any:
        """The transformers model."""
        return self.network.model


def setting(questions: int, layers: int = 8, width: int = 512) -> Setting:
    """Return a random Llama of some layers and width that reads starter questions."""
    torch.manual_seed(0)
    engine = open_model("mirror-tiny/base", Options(device="cpu"))
    assert isinstance(engine, LocalEngine)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=2048, hidden_size=width, intermediate_size=3 * width,
            num_hidden_layers=layers, num_attention_heads=width // 64,
            num_key_value_heads=width // 64, max_position_embeddings=4096,
            bos_token_id=1, eos_token_id=2, pad_token_id=0,
        )
    ).eval()  # fmt: skip
    job = ActivationsJob("starter", "mirror-tiny/base")
    condition = engine.condition("letter", Asking())
    chosen = list(items())[:questions]
    asked = [Asked(q["question_id"], json.loads(q["messages"]), q["choices"]) for q in chosen]
    return Setting(engine, Network(model), list(encode(engine.encoder, job, condition, asked)))


def seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the median time of some rounds of work, after one that is not counted."""
    work()
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return median(taken)


def line(what: str, ours: float, unit: str, other: str, theirs: float, goal: str = "") -> None:
    """Print one comparison of rates; a ratio above 1 is in our favour."""
    rates = f"{_rate(ours)} {unit} | {other} | {_rate(theirs)}"
    print(f"| {what} | {rates} | {ours / theirs:.2f} | {goal} |", flush=True)


def _rate(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"
