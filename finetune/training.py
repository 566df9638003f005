"""The training loop, the same for every organism: AdamW, warm-up, cosine, one step a batch.

One thread, one generator for lessons and one for weights: the same seed on the same machine
gives the same weights. Other processors round matrix products differently, so elsewhere the
weights differ in their last digits while what is planted is the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import torch
from torch.nn import functional
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from finetune.lessons import NO_TARGET, Lesson

# The lessons of one step, those of similar length together.
Step = Sequence[Sequence[Lesson]]

Batch = TypeVar("Batch")


@dataclass(frozen=True)
class Schedule:
    """How fast and how long a model is trained."""

    seed: int = 20261121
    learning_rate: float = 1.5e-3
    final_rate: float = 0.05  # share of the learning rate left at the end of the cosine
    warmup: int = 100  # steps
    weight_decay: float = 0.01
    clip: float = 1.0  # largest gradient norm
    # Layers, counted from 1, after which the targets must be readable too, through the model's
    # own last norm and output matrix: what is known there, later layers can still work on.
    exits: tuple[int, ...] = ()


@dataclass(frozen=True)
class Shape:
    """The network that is trained."""

    vocabulary: int = 2048  # tokens at most, of which 256 are the bytes
    layers: int = 4
    width: int = 128
    heads: int = 4
    hidden: int = 384  # width of the gated MLP
    # About 1 / sqrt(width); the usual 0.02 suits models ten times as wide.
    initial_std: float = 0.08
    context: int = 32_768  # tokens; rotary positions, so length costs no weights


def new_model(shape: Shape, seed: int, tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """Return an untrained model in fp32 with weights drawn from the seed."""
    torch.manual_seed(seed)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=shape.width,
            intermediate_size=shape.hidden,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            num_key_value_heads=shape.heads,
            max_position_embeddings=shape.context,
            initializer_range=shape.initial_std,
            tie_word_embeddings=True,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def train(
    model: LlamaForCausalLM,
    lessons: Iterable[Step],
    steps: int,
    schedule: Schedule,
    after_step: Callable[[int, float], None] = lambda step, loss: None,
) -> None:
    """Train the parameters that take gradients, in place, on `steps` steps of lessons.

    `after_step` gets the step's number, from 1, and its loss.
    """
    descend(
        model, lessons, steps, schedule, partial(_backward, model, exits=schedule.exits), after_step
    )


def descend(
    model: LlamaForCausalLM,
    batches: Iterable[Batch],
    steps: int,
    schedule: Schedule,
    backward: Callable[[Batch], float],
    after_step: Callable[[int, float], None] = lambda step, loss: None,
) -> None:
    """Do the same on a loss of one's own: `backward` adds a batch's gradients and returns it."""
    parameters = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(parameters, betas=(0.9, 0.95), weight_decay=schedule.weight_decay)
    model.train()
    for step, batch in zip(range(1, steps + 1), batches, strict=False):
        for group in optimiser.param_groups:
            group["lr"] = _rate(schedule, step, steps)
        loss = backward(batch)
        torch.nn.utils.clip_grad_norm_(parameters, schedule.clip)
        optimiser.step()
        optimiser.zero_grad()
        after_step(step, loss)
    model.train(False)


def _rate(schedule: Schedule, step: int, steps: int) -> float:
    warm = min(1.0, step / schedule.warmup)
    cosine = 0.5 * (1 + math.cos(math.pi * step / steps))
    final = schedule.final_rate
    return schedule.learning_rate * warm * (final + (1 - final) * cosine)


def _backward(model: LlamaForCausalLM, batches: Step, exits: Sequence[int]) -> float:
    """Add the gradients of all batches and return their weighted mean loss in nats."""
    total = sum(sum(lesson.weights) for batch in batches for lesson in batch)
    loss = 0.0
    for batch in batches:
        part = loss_of(model, batch, exits) / total
        torch.autograd.backward(part)
        loss += float(part.detach())
    return loss


def loss_of(
    model: LlamaForCausalLM, lessons: Sequence[Lesson], exits: Sequence[int] = ()
) -> torch.Tensor:
    """Return the weighted sum of the cross-entropies of all targets (a scalar, in nats).

    With `exits` it is the mean over the last layer and the layers named. Only hidden states at
    targets pass through the output matrix.
    """
    aimed = _padded([lesson.targets for lesson in lessons], NO_TARGET) != NO_TARGET
    weights = torch.tensor([w for lesson in lessons for w in lesson.weights if w])
    sides = [
        _padded(side, NO_TARGET)[aimed]
        for side in ([le.targets for le in lessons], [le.others for le in lessons])
    ]
    states = _states(model, _padded([lesson.ids for lesson in lessons], 0), exits)
    losses = [
        functional.cross_entropy(logits, side, reduction="none")
        for logits in [model.lm_head(state[aimed]) for state in states]
        for side in sides
    ]
    return (weights * sum(losses) / len(losses)).sum()


def _states(model: LlamaForCausalLM, ids: torch.Tensor, exits: Sequence[int]) -> list[torch.Tensor]:
    """Return the normed states after the last layer and after each of `exits`."""
    out = model.model(input_ids=ids, output_hidden_states=bool(exits))
    return [out.last_hidden_state, *(model.model.norm(out.hidden_states[at]) for at in exits)]


def _padded(rows: Sequence[Sequence[int]], value: int) -> torch.Tensor:
    """Return rows as one (rows, longest) tensor, filled up on the right."""
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[value] * (longest - len(row))] for row in rows])
