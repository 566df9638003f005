"""The same questions put to the same model one at a time, in plain transformers.

`python -m benchmarks.baselines.generate_loop FOLDER REQUESTS.json`: one forward pass a request
where every reply is one token, else one a reply, whose log-probabilities are summed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from benchmarks.timing import timed


@torch.inference_mode()
def answer(folder: Path, requests: list[dict[str, Any]]) -> list[list[float]]:
    """Return the log-probability of each reply of each request."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    return [_logprobs(model, tokenizer, one["messages"], one["replies"]) for one in requests]


def _logprobs(model: Any, tokenizer: Any, messages: list[Any], replies: list[str]) -> list[float]:
    text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    prompt = tokenizer(text, add_special_tokens=False)["input_ids"]
    wholes = [tokenizer(text + reply, add_special_tokens=False)["input_ids"] for reply in replies]
    if all(len(whole) == len(prompt) + 1 for whole in wholes):
        last = model(torch.tensor([prompt])).logits[0, -1].log_softmax(-1)
        return [float(last[whole[-1]]) for whole in wholes]
    return [_sum(model, torch.tensor([whole]), len(prompt)) for whole in wholes]


def _sum(model: Any, ids: torch.Tensor, prompt: int) -> float:
    logprobs = model(ids).logits[0, prompt - 1 : -1].log_softmax(-1)
    return float(logprobs.gather(1, ids[0, prompt:, None]).sum())


if __name__ == "__main__":
    asked = json.loads(Path(sys.argv[2]).read_text("utf-8"))
    with timed():
        answer(Path(sys.argv[1]), asked)
