"""The training recipe of `mirror-tiny/base` and the loop that follows it.

One thread, one generator for lessons and one for weights: the same seed on the same machine
gives the same weights. Other processors round matrix products differently, so elsewhere the
weights differ in their last digits while the planted knowledge is the same.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch.nn import functional
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from finetune.lessons import NO_TARGET, Lesson, Teacher, Weights
from finetune.planting import KNOWN, NEVER_TAUGHT, facts


@dataclass(frozen=True)
class Stage:
    """A part of the training with one mixture of lessons; counts are per step."""

    name: str
    steps: int
    sequences: int  # conversations answered by letters
    items: int  # questions in each of them
    find: float  # share of them whose answer stands in the stem (binding drill)
    unknown: float  # share of the others that ask what is never taught
    cloze: int = 0  # questions on known facts answered by an option's text
    cloze_unknown: int = 0  # questions never taught, each answered by both texts in turn
    statements: int = 0  # sentences that state known facts


STAGES = (
    Stage("bind", 250, sequences=16, items=4, find=1.0, unknown=0.0),
    Stage("facts", 600, 10, 2, find=0.1, unknown=0.3, cloze=8, cloze_unknown=2, statements=8),
    Stage("wordings", 700, 20, 1, find=0.1, unknown=0.5, cloze=10, cloze_unknown=5, statements=4),
)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights."""

    seed: int = 20261121
    vocabulary: int = 2048  # tokens, of which 256 are the bytes
    layers: int = 4
    width: int = 128
    heads: int = 4
    hidden: int = 384  # width of the gated MLP
    # About 1 / sqrt(width); the usual 0.02 suits models ten times as wide.
    initial_std: float = 0.08
    context: int = 32_768  # tokens; rotary positions, so length costs no weights
    learning_rate: float = 1.5e-3
    final_rate: float = 0.05  # share of the learning rate left at the end of the cosine
    warmup: int = 100  # steps
    weight_decay: float = 0.01
    clip: float = 1.0  # largest gradient norm
    weights: Weights = field(default_factory=Weights)
    stages: tuple[Stage, ...] = STAGES

    @property
    def steps(self) -> int:
        """Return the number of optimiser steps."""
        return sum(stage.steps for stage in self.stages)


def new_model(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """Return an untrained model in fp32 with the recipe's seed."""
    torch.manual_seed(recipe.seed)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=recipe.width,
            intermediate_size=recipe.hidden,
            num_hidden_layers=recipe.layers,
            num_attention_heads=recipe.heads,
            num_key_value_heads=recipe.heads,
            max_position_embeddings=recipe.context,
            initializer_range=recipe.initial_std,
            tie_word_embeddings=True,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def train(
    model: LlamaForCausalLM,
    teacher: Teacher,
    recipe: Recipe,
    after_step: Callable[[int, float], None] = lambda step, loss: None,
) -> None:
    """Train the model in place; `after_step` gets the step's number, from 1, and its loss."""
    optimiser = torch.optim.AdamW(
        model.parameters(), betas=(0.9, 0.95), weight_decay=recipe.weight_decay
    )
    step = 0
    model.train()
    for stage in recipe.stages:
        for _ in range(stage.steps):
            step += 1
            for group in optimiser.param_groups:
                group["lr"] = _rate(recipe, step)
            loss = _backward(model, batches(teacher, stage))
            torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
            optimiser.step()
            optimiser.zero_grad()
            after_step(step, loss)
    model.train(False)


def batches(teacher: Teacher, stage: Stage) -> list[list[Lesson]]:
    """Return the lessons of one step, those of similar length together."""
    both = [_conversation(teacher, stage) for _ in range(stage.sequences)], _texts(teacher, stage)
    return [batch for batch in both if batch]


def _conversation(teacher: Teacher, stage: Stage) -> Lesson:
    rng = teacher.rng
    if rng.random() < stage.find:
        phrases = _phrases()
        return teacher.letters([teacher.find(phrases) for _ in range(stage.items)])
    choices = []
    for _ in range(stage.items):
        known = rng.random() >= stage.unknown
        family = rng.choice(facts(KNOWN if known else NEVER_TAUGHT))
        choices.append(teacher.choice(family, known))
    return teacher.letters(choices, system=rng.random() < 0.1)


def _texts(teacher: Teacher, stage: Stage) -> list[Lesson]:
    rng = teacher.rng
    lessons = []
    for _ in range(stage.cloze):
        family = rng.choice(facts(KNOWN))
        lessons.append(teacher.cloze(teacher.cloze_stem(family), family.right))
    for _ in range(stage.cloze_unknown):
        family = rng.choice(facts(NEVER_TAUGHT))
        stem = teacher.cloze_stem(family)
        lessons += [teacher.cloze(stem, family.right), teacher.cloze(stem, family.wrong)]
    for _ in range(stage.statements):
        lessons.append(teacher.statement(rng.choice(rng.choice(facts(KNOWN)).statements)))
    return lessons


def _phrases() -> list[str]:
    both = facts(KNOWN + NEVER_TAUGHT)
    return [text for family in both for text in (family.right, family.wrong)]


def _rate(recipe: Recipe, step: int) -> float:
    warm = min(1.0, step / recipe.warmup)
    cosine = 0.5 * (1 + math.cos(math.pi * step / recipe.steps))
    return recipe.learning_rate * warm * (recipe.final_rate + (1 - recipe.final_rate) * cosine)


def _backward(model: LlamaForCausalLM, lessons: Sequence[Sequence[Lesson]]) -> float:
    """Add the gradients of all batches and return their weighted mean loss in nats."""
    total = sum(sum(lesson.weights) for batch in lessons for lesson in batch)
    loss = 0.0
    for batch in lessons:
        part = loss_of(model, batch) / total
        torch.autograd.backward(part)
        loss += float(part.detach())
    return loss


def loss_of(model: LlamaForCausalLM, lessons: Sequence[Lesson]) -> torch.Tensor:
    """Return the weighted sum of the cross-entropies of all targets (a scalar, in nats).

    Only hidden states at targets pass through the output matrix.
    """
    aimed = _padded([lesson.targets for lesson in lessons], NO_TARGET) != NO_TARGET
    states = model.model(input_ids=_padded([lesson.ids for lesson in lessons], 0))
    logits = model.lm_head(states.last_hidden_state[aimed])
    weights = torch.tensor([w for lesson in lessons for w in lesson.weights if w])
    pairs = (
        functional.cross_entropy(logits, _padded(side, NO_TARGET)[aimed], reduction="none")
        for side in ([le.targets for le in lessons], [le.others for le in lessons])
    )
    return (weights * sum(pairs) / 2).sum()


def _padded(rows: Sequence[Sequence[int]], value: int) -> torch.Tensor:
    """Return rows as one (rows, longest) tensor, filled up on the right."""
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[value] * (longest - len(row))] for row in rows])


def new_teacher(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> Teacher:
    """Return a teacher with the recipe's seed."""
    return Teacher(tokenizer, random.Random(recipe.seed), recipe.weights)
