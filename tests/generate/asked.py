"""Requests for engine tests, and the slow reference they are compared with."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from generate import prompts
from generate.engines.base import Asking, Options, Request
from generate.engines.local.engine import LocalEngine, open_model
from warehouse import keys

WORDS = ["the", "question", "names", "one", "planet", "is", "letter", "red", "blue", "soft"]


def engine(folder: Path, **options: Any) -> LocalEngine:
    """Return the engine of a model folder."""
    return open_model(f"hf:{folder}", Options(**options))


def requests(
    made: LocalEngine,
    lengths: list[int],
    readings: tuple[str, ...] = ("letter", "cloze"),
    asking: Asking | None = None,
    samples: int = 1,
) -> list[Request]:
    """Return the requests of one question for each length in words, all readings and orders."""
    random.seed(5)
    found = []
    for number, length in enumerate(lengths):
        stem = " ".join(random.choices(WORDS, k=length))
        choices = [" ".join(random.choices(WORDS, k=3)), random.choice(WORDS)]
        for reading in readings:
            condition = made.condition(reading, asking or Asking())
            found += [
                Request(
                    request_key=keys.request_key(
                        f"q{number}", variant, reading, condition["condition_id"], sample
                    ),
                    question_id=f"q{number}",
                    variant=variant,
                    reading=reading,
                    sample_index=sample,
                    attempt=1,
                    messages=[{"role": "user", "content": stem}],
                    choices=choices,
                    condition=condition,
                )
                for variant in prompts.variants(reading, 2)
                for sample in range(samples)
            ]
    return found


def answers(made: LocalEngine, asked: list[Request]) -> dict[str, dict[str, Any]]:
    """Return the engine's rows by request key; every request has exactly one."""
    rows = [row for batch in made.answer(asked) for row in batch]
    assert sorted(row["request_key"] for row in rows) == sorted(r.request_key for r in asked)
    return {row["request_key"]: row for row in rows}


class Reference:
    """transformers used in the plainest way: one sequence, no padding, no cache."""

    def __init__(self, folder: Path) -> None:
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)

    def text(self, request: Request) -> str:
        messages = prompts.show(request.messages, request.choices, request.variant)
        if self.tokenizer.chat_template is None:
            return prompts.plain(messages)
        return self.tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=False
        )

    def ids(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    @torch.no_grad()
    def logprobs(self, request: Request) -> list[float]:
        prompt = self.text(request)
        space = "" if self.tokenizer.chat_template else " "
        found = []
        for reply in prompts.continuations(request.choices, request.variant, request.reading):
            before, whole = self.ids(prompt), self.ids(prompt + space + reply)
            assert whole[: len(before)] == before
            logits = self.model(torch.tensor([whole]), use_cache=False).logits[0]
            steps = logits.log_softmax(-1)[range(len(before) - 1, len(whole) - 1)]
            found.append(steps[range(len(steps)), whole[len(before) :]].sum().item())
        return found

    @torch.no_grad()
    def greedy(self, request: Request, tokens: int) -> str:
        ids = torch.tensor([self.ids(self.text(request))])
        out = self.model.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=tokens
        )
        return self.tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
