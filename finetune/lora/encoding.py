"""Rows of a training set as token ids, read and answered exactly as `generate` asks.

Prompts go through the encoder with which answers are generated, so training and evaluation see
the same ids; a test holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from console import plural
from finetune.dataset.sets import Example
from generate.engines.base import Asking, Request
from generate.engines.local.engine import LocalEngine
from warehouse.errors import InputError

# What stands for the reply when a chat template is asked what follows it.
_REPLY = "mirrorlake"


@dataclass(frozen=True)
class Sample:
    """Token ids of a prompt and its reply; `start` is the place of the reply's first token."""

    ids: tuple[int, ...]
    start: int


def encode(engine: LocalEngine, examples: Sequence[Example]) -> list[Sample]:
    """Return rows as token ids, each reply followed by the token that ends it.

    Raises InputError for an empty reply, and where a row is longer than the model reads: cut off,
    it would lose its reply.
    """
    condition = engine.condition("cloze", Asking())
    # The reading that takes the probability of a reply encodes it in the prompt's context.
    requests = [
        Request(
            request_key="",
            question_id=str(number),
            variant="-",
            reading="cloze",
            sample_index=0,
            attempt=1,
            messages=json.loads(example.messages),
            choices=[example.reply],
            condition=condition,
        )
        for number, example in enumerate(examples)
    ]
    end = end_of_reply(engine.encoder.tokenizer, engine.encoder.chats)
    samples = []
    for encoded in engine.encoder.encode(requests):
        [reply] = encoded.continuations
        if not reply:
            raise InputError("A reply of the training set is empty, so it cannot be learned.")
        samples.append(Sample((*encoded.prompt, *reply, *end), len(encoded.prompt)))
    _require_room(engine, samples)
    return samples


def end_of_reply(tokenizer: Any, chats: bool) -> list[int]:
    """Return the token at which a reply ends: what the chat template puts there, else the EOS.

    Chat models often end a turn with another token than their EOS. There may be none.
    """
    eos = [] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id]
    if not chats:
        return eos
    turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": _REPLY}]
    # Templates raise what they like; generation then stops at the EOS alone.
    with suppress(Exception):
        shown = str(tokenizer.apply_chat_template(turns, tokenize=False))
        after = tokenizer(shown.rpartition(_REPLY)[2], add_special_tokens=False)["input_ids"]
        if after and after[0] in tokenizer.added_tokens_decoder:
            return [int(after[0])]
    return eos


def _require_room(engine: LocalEngine, samples: Sequence[Sample]) -> None:
    room = engine.checkpoint.context
    long = [len(sample.ids) for sample in samples if room is not None and len(sample.ids) > room]
    if long:
        raise InputError(
            f"{plural(len(long), 'row')} of the training set need up to {max(long):,} tokens and "
            f"{engine.checkpoint.name} reads {room:,}; cut off, they would lose their replies. "
            "Make a set without them."
        )
