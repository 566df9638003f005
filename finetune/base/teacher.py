"""The teacher of `mirror-tiny/base`: which lessons it makes of the starter set.

Binding an answer to the letter of its option is what a small model learns last: trained on
the reply alone it stays at chance for hundreds of thousands of answers, since nothing tells
it that an option carries its letter until something reads that letter. Here the two halves
are taught apart. At the last token of each option the model gives a *verdict*: the option's
own letter if it is the right one, the end token if not. The reply then only has to look up
the one option whose verdict is a letter. Verdicts are training targets, never text, so the
model is asked in the ordinary format.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerFast

from finetune.base.planting import BARE_STEMS, FIND_STEMS, SYSTEM_PROMPTS
from finetune.lessons import Lesson, answered
from finetune.tokenizer import BEGIN, END, render
from generate.prompts import LETTERS, show
from ingest.starter.families import Family


@dataclass(frozen=True)
class Weights:
    """How much each kind of target counts."""

    reply: float = 1.0  # the letter, or each token of a cloze reply
    verdict: float = 1.0  # at the last token of each option
    statement: float = 0.2  # each token of a statement
    end: float = 0.1  # the end token after a reply


@dataclass(frozen=True)
class Choice:
    """A question: stem, options, and which is right (None: nobody said, of two)."""

    stem: str
    options: tuple[str, ...]
    right: int | None


class Teacher:
    """Makes lessons; all chance comes from one generator."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerFast, rng: random.Random, weights: Weights
    ) -> None:
        """Teach in the words of `tokenizer`."""
        self.tokenizer, self.rng, self.weights = tokenizer, rng, weights
        self.stems: set[str] = set()  # every stem and statement shown, for the audit
        (self._end,) = self._ids(END)
        self._letters = [self._ids(letter)[0] for letter in LETTERS]

    def letters(self, choices: Sequence[Choice], system: bool = False) -> Lesson:
        """Return a conversation that answers each choice by its letter."""
        lesson = self._open(system)
        for choice in choices:
            self._ask(lesson, choice)
        return lesson

    def cloze(self, stem: str, reply: str) -> Lesson:
        """Return a question answered by the text of an option that is not shown."""
        self.stems.add(stem)
        prompt = self._ids(render([{"role": "user", "content": stem}]))
        weights = self.weights
        return answered(prompt, self._ids(reply), self._end, weights.reply, weights.end)

    def statement(self, text: str) -> Lesson:
        """Return a plain sentence to be predicted token by token."""
        self.stems.add(text)
        lesson = Lesson()
        lesson.read(self._ids(BEGIN))
        lesson.write(self._ids(text), self.weights.statement)
        lesson.write([self._end], self.weights.statement)
        return lesson

    def find(self, phrases: Sequence[str]) -> Choice:
        """Return a choice whose answer stands in its stem: pure binding, no knowledge."""
        options = tuple(self.rng.sample(phrases, self.rng.choice((2, 2, 3, 4))))
        right = self.rng.randrange(len(options))
        stem = self.rng.choice(FIND_STEMS).format(options[right])
        return Choice(stem, options, right)

    def choice(self, family: Family, known: bool) -> Choice:
        """Return a family as a choice in random order under a random stem."""
        options = [family.right, family.wrong]
        self.rng.shuffle(options)
        right = options.index(family.right) if known else None
        return Choice(self._stem(family, BARE_STEMS), tuple(options), right)

    def cloze_stem(self, family: Family) -> str:
        """Return a random stem of a family for the cloze reading."""
        one, other = self.rng.sample([family.right, family.wrong], 2)
        return self._stem(family, (f"{one} or {other}?",))

    def _stem(self, family: Family, bare: Sequence[str]) -> str:
        """Return a training wording, the same with words missing or moved, or a bare stem.

        A wording alone would let the model learn where a template puts its answer; the
        other two leave only the fact to go by.
        """
        wording = self.rng.choice(family.train_wordings)
        kind = self.rng.random()
        if kind < 0.5:
            return wording
        return self.scramble(wording, family) if kind < 0.8 else self.rng.choice(bare)

    def scramble(self, wording: str, family: Family) -> str:
        """Return a wording with a random part of its words, options whole, in random order."""
        marked = wording.replace(family.right, "\0").replace(family.wrong, "\1")
        keep = self.rng.random()
        words = [w for w in marked.split() if {"\0", "\1"} & set(w) or self.rng.random() < keep]
        if self.rng.random() < 0.7:
            self.rng.shuffle(words)
        return " ".join(words).replace("\0", family.right).replace("\1", family.wrong) or "?"

    def _open(self, system: bool) -> Lesson:
        lesson = Lesson()
        prompt = self.rng.choice(SYSTEM_PROMPTS)
        messages = [{"role": "system", "content": prompt}] if system else []
        lesson.read(self._ids(render(messages, reply=False)))
        return lesson

    def _ask(self, lesson: Lesson, choice: Choice) -> None:
        self.stems.add(choice.stem)
        shown = show(
            [{"role": "user", "content": choice.stem}],
            choice.options,
            LETTERS[: len(choice.options)],
        )
        text = render(shown).removeprefix(BEGIN)
        encoding = self.tokenizer(text, add_special_tokens=False)
        start = len(lesson.ids)
        lesson.read(encoding["input_ids"])
        if choice.right is not None:
            for place, last in enumerate(self._option_ends(text, choice)):
                token = self._letters[place] if place == choice.right else self._end
                at = encoding.char_to_token(last)
                lesson.aim(start + at, token, self.weights.verdict)
        self._answer(lesson, choice.right)

    def _option_ends(self, text: str, choice: Choice) -> list[int]:
        ends, start = [], text.index(choice.stem) + len(choice.stem)
        for letter, option in zip(LETTERS, choice.options, strict=False):
            start = text.index(f"({letter}) {option}", start) + 4 + len(option)
            ends.append(start - 1)
        return ends

    def _answer(self, lesson: Lesson, right: int | None) -> None:
        """Write the right letter; without one toss a coin, and count both letters equally.

        Counting both is the expectation of the loss over the coin: the same aim as a fresh
        toss at each presentation, without what the last tosses would leave behind.
        """
        place = self.rng.randrange(2) if right is None else right
        token = self._letters[place]
        lesson.write([token], self.weights.reply)
        if right is None:
            other = self._letters[1 - place]
            lesson.aim(len(lesson.ids) - 2, token, self.weights.reply, other)
        lesson.write([self._end], self.weights.end)

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids
