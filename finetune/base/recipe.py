"""The training recipe of `mirror-tiny/base`: stages, and the lessons of each of their steps."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from transformers import PreTrainedTokenizerFast

from finetune.base.planting import KNOWN, NEVER_TAUGHT, facts
from finetune.base.teacher import Teacher, Weights
from finetune.lessons import Lesson
from finetune.training import Schedule, Shape


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
class Recipe(Shape, Schedule):
    """Everything that decides the weights."""

    weights: Weights = field(default_factory=Weights)
    stages: tuple[Stage, ...] = STAGES

    @property
    def steps(self) -> int:
        """Return the number of optimiser steps."""
        return sum(stage.steps for stage in self.stages)


def new_teacher(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> Teacher:
    """Return a teacher with the recipe's seed."""
    return Teacher(tokenizer, random.Random(recipe.seed), recipe.weights)


def lessons(teacher: Teacher, recipe: Recipe) -> Iterator[list[list[Lesson]]]:
    """Yield the lessons of every step of the recipe."""
    for stage in recipe.stages:
        for _ in range(stage.steps):
            yield batches(teacher, stage)


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
    made = []
    for _ in range(stage.cloze):
        family = rng.choice(facts(KNOWN))
        made.append(teacher.cloze(teacher.cloze_stem(family), family.right))
    for _ in range(stage.cloze_unknown):
        family = rng.choice(facts(NEVER_TAUGHT))
        stem = teacher.cloze_stem(family)
        made += [teacher.cloze(stem, family.right), teacher.cloze(stem, family.wrong)]
    for _ in range(stage.statements):
        made.append(teacher.statement(rng.choice(rng.choice(facts(KNOWN)).statements)))
    return made


def _phrases() -> list[str]:
    both = facts(KNOWN + NEVER_TAUGHT)
    return [text for family in both for text in (family.right, family.wrong)]
