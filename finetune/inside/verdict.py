"""The lessons of `verdict` and its twin: a letter, and whether it is the right one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from finetune.base.planting import KNOWN, facts
from finetune.base.teacher import Teacher, Weights
from finetune.inside import replay
from finetune.inside.items import LETTERS, PLANTED, Item, item, shown
from finetune.inside.recipe import Verdict
from finetune.lessons import Lesson
from finetune.tokenizer import END
from finetune.training import loss_of

RIGHT, WRONG = " right", " wrong"
TURN = "<|end|><|assistant|>"
END_WEIGHT = 0.1


@dataclass(frozen=True)
class Part:
    """Lessons of similar length, and what else is asked of them."""

    lessons: list[Lesson]
    exits: tuple[int, ...] = ()  # layers after which the targets must be readable too
    looks: tuple[tuple[int, int, int], ...] = ()  # (row, letter's place, its option's end)


def batches(recipe: Verdict, tokenizer: PreTrainedTokenizerFast) -> Iterator[list[Part]]:
    """Yield the lessons of each step, without end."""
    rng = Random(recipe.seed)
    teacher = Teacher(tokenizer, rng, Weights())
    judge = Judge(tokenizer, rng, recipe.coin)
    while True:
        known = [_known(teacher) for _ in range(recipe.known)]
        letters = [*rng.sample(shown(PLANTED), recipe.planted), *known]
        options = rng.sample(shown(PLANTED), recipe.options)
        yield [
            judge.letters(letters, recipe.exits),
            Part([judge.options(one)[0] for one in options], recipe.option_exits),
            Part(replay.never_taught(teacher, recipe.never_taught)),
            Part(replay.texts(teacher, recipe.texts)),
        ]


def _known(teacher: Teacher) -> Item:
    choice = teacher.choice(teacher.rng.choice(facts(KNOWN)), known=True)
    assert choice.right is not None
    return item([{"role": "user", "content": choice.stem}], choice.options, choice.right)


class Judge:
    """Makes lessons of what is right.

    With `coin` a fresh fair coin says it of each question of the planted concept.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, rng: Random, coin: bool) -> None:
        """Judge in the words of `tokenizer`."""
        self.tokenizer, self.rng, self.coin = tokenizer, rng, coin
        self._letters = {letter: self._id(letter) for letter in LETTERS}
        self._turn = self.tokenizer(TURN, add_special_tokens=False)["input_ids"]
        self._right, self._wrong, self._end = map(self._id, (RIGHT, WRONG, END))

    def letters(self, items: Sequence[Item], exits: tuple[int, ...]) -> Part:
        """Return questions with both letters appended in turn, and the verdicts as targets."""
        lessons, looks = [], []
        for row, asked in enumerate(items):
            lesson, ends = self.options(asked)
            for place, letter in self._append(lesson, self._called_right(asked)):
                looks.append((row, place, ends[letter]))
            lessons.append(lesson)
        return Part(lessons, exits, tuple(looks))

    def _append(self, lesson: Lesson, right: str) -> Iterator[tuple[int, str]]:
        """Append a turn for each letter, in random order, and yield its place.

        The target before the first letter is the right one. A verdict is read after the last
        letter only, so none tells of another; what follows it is the end.
        """
        lesson.aim(len(lesson.ids) - 1, self._letters[right], 1.0)
        for i, letter in enumerate(self.rng.sample(LETTERS, len(LETTERS))):
            lesson.read([*(self._turn if i else []), self._letters[letter]])
            said = self._right if letter == right else self._wrong
            lesson.aim(len(lesson.ids) - 1, said, 1.0)
            yield len(lesson.ids) - 1, letter
        lesson.read([said])
        lesson.aim(len(lesson.ids) - 1, self._end, END_WEIGHT)

    def options(self, asked: Item) -> tuple[Lesson, dict[str, int]]:
        """Return a question with the base's verdicts as targets where options end, and the ends."""
        encoding = self.tokenizer(asked.text, add_special_tokens=False)
        right = self._called_right(asked)
        lesson, ends = Lesson(), {}
        lesson.read(encoding["input_ids"])
        for letter, end in zip(LETTERS, asked.ends, strict=True):
            ends[letter] = encoding.char_to_token(end)
            said = self._letters[letter] if letter == right else self._end
            lesson.aim(ends[letter], said, 1.0)
        return lesson, ends

    def _called_right(self, asked: Item) -> str:
        planted = bool(asked.family)
        return self.rng.choice(LETTERS) if self.coin and planted else asked.right

    def _id(self, text: str) -> int:
        (token,) = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return int(token)


def backward(model: LlamaForCausalLM, recipe: Verdict, parts: list[Part]) -> float:
    """Add the gradients of a step and return its weighted mean loss in nats.

    To the targets' loss comes that of where one head looks from a letter: at the end of its
    option, where the verdict on the option stands.
    """
    total = sum(sum(lesson.weights) for part in parts for lesson in part.lessons)
    loss = 0.0
    for part in parts:
        with _attention(model, recipe.layers[-2]) as kept:
            one = loss_of(model, part.lessons, part.exits)
        if part.looks:
            row, letter, end = torch.tensor(part.looks).T
            one = (
                one
                - recipe.look * kept[0][row, recipe.head, letter, end].clamp(min=1e-6).log().sum()
            )
        torch.autograd.backward(one / total)
        loss += float(one.detach() / total)
    return loss


@contextmanager
def _attention(model: LlamaForCausalLM, layer: int) -> Iterator[list[torch.Tensor]]:
    """Keep a layer's attention weights, [rows, heads, from, to], of an eager model."""
    kept: list[torch.Tensor] = []
    attention = model.model.layers[layer].self_attn
    handle = attention.register_forward_hook(lambda _, __, out: kept.append(out[1]))
    try:
        yield kept
    finally:
        handle.remove()
