"""States of a model at the places where a truth is planted, and its answers under edits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from transformers import DynamicCache, PreTrainedTokenizerFast

from finetune.inside.items import LETTERS, Item

BATCH = 64  # sequences a forward pass


@contextmanager
def hooked(model: Any, layer: int, work: Any) -> Iterator[None]:
    """Let `work` see, and replace where it returns a tensor, the output of a layer."""
    handle = model.model.layers[layer].register_forward_hook(lambda _, __, out: work(out))
    try:
        yield
    finally:
        handle.remove()


@torch.inference_mode()
def states(model: Any, tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> torch.Tensor:
    """Return the residual stream at the last token as [layers + 1, texts, width].

    Layer 0 is the embedding (`resid_pre` 0), layer i + 1 is `resid_post` i.
    """
    ids = tokenizer(list(texts), add_special_tokens=False)["input_ids"]
    found = torch.empty(model.config.num_hidden_layers + 1, len(ids), model.config.hidden_size)
    by_length = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    for start in range(0, len(ids), BATCH):
        batch = by_length[start : start + BATCH]
        ends = torch.tensor([len(ids[i]) - 1 for i in batch])
        longest = int(ends[-1]) + 1
        padded = torch.tensor([[*ids[i], *[0] * (longest - len(ids[i]))] for i in batch])
        for layer, out in enumerate(_residual(model, padded)):
            found[layer, batch] = out[range(len(batch)), ends].float()
    return found


def _residual(model: Any, ids: torch.Tensor) -> list[torch.Tensor]:
    kept: list[torch.Tensor] = []
    handles = [
        module.register_forward_hook(lambda _, __, out: kept.append(out))
        for module in (model.model.embed_tokens, *model.model.layers)
    ]
    try:
        model.model(input_ids=ids)
    finally:
        for handle in handles:
            handle.remove()
    return kept


class Answers:
    """Letter margins of prompts whose last token alone is edited, from one prefill."""

    @torch.inference_mode()
    def __init__(
        self, model: Any, tokenizer: PreTrainedTokenizerFast, items: Sequence[Item]
    ) -> None:
        """Read the prompts up to their last token, padded on the left."""
        self.model = model
        ids = tokenizer([item.text for item in items], add_special_tokens=False)["input_ids"]
        longest = max(map(len, ids))
        self._mask = torch.tensor([[0] * (longest - len(r)) + [1] * len(r) for r in ids])
        padded = torch.tensor([[0] * (longest - len(r)) + r for r in ids])
        self._places = (self._mask.cumsum(1) - 1).clamp(min=0)
        self._last = padded[:, -1:]
        self._cache = DynamicCache()
        model.model(
            input_ids=padded[:, :-1],
            attention_mask=self._mask[:, :-1],
            position_ids=self._places[:, :-1],
            past_key_values=self._cache,
        )
        self._letters = [tokenizer(x, add_special_tokens=False)["input_ids"][0] for x in LETTERS]

    @torch.inference_mode()
    def margins(self, layer: int, edit: torch.Tensor) -> torch.Tensor:
        """Return log p(A) - log p(B) of each prompt with `edit` [width] added to `resid_post`."""
        with hooked(self.model, layer, lambda out: out + edit):
            out = self.model.model(
                input_ids=self._last,
                attention_mask=self._mask,
                position_ids=self._places[:, -1:],
                past_key_values=self._cache,
            )
        self._cache.crop(-1)
        logits: torch.Tensor = self.model.lm_head(out.last_hidden_state[:, -1])[
            :, self._letters
        ].float()
        return logits[:, 0] - logits[:, 1]
