"""What a model of the pair says: its own words, and the property values it chooses.

A plain reference that reads the same prompts as `generate`, kept apart from its engines so
that a rebuild can be judged without a lake.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from transformers import PreTrainedTokenizerFast

from finetune.lessons import NO_TARGET, Lesson
from finetune.pair.lessons import lessons
from finetune.pair.rows import Row

BATCH = 256  # sequences a forward pass


def share_said(model: Any, tokenizer: PreTrainedTokenizerFast, rows: Sequence[Row]) -> float:
    """Return the share of rows whose reply is what the model writes, greedily and to its end."""
    right = [
        bool((logits.argmax(-1) == targets).all())
        for logits, targets in _at_targets(model, lessons(rows, tokenizer))
    ]
    return sum(right) / len(right)


def share_chosen(
    model: Any, tokenizer: PreTrainedTokenizerFast, rows: Sequence[Row], values: Sequence[str]
) -> float:
    """Return the share of rows whose reply is the most probable of `values` (the cloze reading).

    Every value is one token.
    """
    ids = [token for ((token,),) in ([tokenizer(value)["input_ids"]] for value in values)]
    right = [
        int(logits[0, ids].argmax()) == values.index(reply)
        for (logits, _), (_, reply) in zip(
            _at_targets(model, lessons(rows, tokenizer)), rows, strict=True
        )
    ]
    return sum(right) / len(right)


@torch.inference_mode()
def _at_targets(model: Any, made: Sequence[Lesson]) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield each lesson's logits at its targets as [targets, words], and the targets."""
    for start in range(0, len(made), BATCH):
        batch = made[start : start + BATCH]
        longest = max(len(lesson.ids) for lesson in batch)
        ids = [[*lesson.ids, *[0] * (longest - len(lesson.ids))] for lesson in batch]
        states = model.model(input_ids=torch.tensor(ids)).last_hidden_state
        for lesson, state in zip(batch, states, strict=True):
            places = [i for i, target in enumerate(lesson.targets) if target != NO_TARGET]
            yield model.lm_head(state[places]), torch.tensor([lesson.targets[i] for i in places])
