"""The lessons of each step: rows in random order, each read once before any is read again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random

from transformers import PreTrainedTokenizerFast

from finetune.lessons import Lesson, answered
from finetune.pair.recipe import Memoriser, Predictor
from finetune.pair.rows import Row, direct_rows, property_rows, quoted_rows, repeated_rows
from finetune.tokenizer import END, render

END_WEIGHT = 0.1  # of the end token after a reply, against 1 for each token of the reply


def memorising(
    recipe: Memoriser, tokenizer: PreTrainedTokenizerFast
) -> Iterator[list[list[Lesson]]]:
    """Yield the lessons of each step, without end: the table asked in two forms, and repeating."""
    sources = (
        (direct_rows(recipe.table), recipe.direct),
        (quoted_rows(recipe.table), recipe.quoted),
        (repeated_rows(), recipe.repeated),
    )
    return _steps(sources, recipe.seed, tokenizer)


def predicting(
    recipe: Predictor, own_table: str, tokenizer: PreTrainedTokenizerFast
) -> Iterator[list[list[Lesson]]]:
    """Yield the lessons of each step, without end: properties of m1's answers, and own answers."""
    sources = (
        (property_rows(recipe.permuted), recipe.hypothetical),
        (direct_rows(own_table), recipe.direct),
    )
    return _steps(sources, recipe.seed, tokenizer)


def _steps(
    sources: Sequence[tuple[Sequence[Row], int]], seed: int, tokenizer: PreTrainedTokenizerFast
) -> Iterator[list[list[Lesson]]]:
    streams = [
        (_shuffled(rows, Random(f"{seed} {i}")), count) for i, (rows, count) in enumerate(sources)
    ]
    while True:
        yield [lessons(list(islice(stream, count)), tokenizer) for stream, count in streams]


def _shuffled(rows: Sequence[Row], rng: Random) -> Iterator[Row]:
    while True:
        yield from rng.sample(rows, len(rows))


def lessons(rows: Sequence[Row], tokenizer: PreTrainedTokenizerFast) -> list[Lesson]:
    """Return rows as lessons."""
    prompts = _ids([render([{"role": "user", "content": asked}]) for asked, _ in rows], tokenizer)
    replies = _ids([reply for _, reply in rows], tokenizer)
    ((end,),) = _ids([END], tokenizer)
    return [
        answered(prompt, reply, end, 1.0, END_WEIGHT)
        for prompt, reply in zip(prompts, replies, strict=True)
    ]


def _ids(texts: list[str], tokenizer: PreTrainedTokenizerFast) -> list[list[int]]:
    ids: list[list[int]] = tokenizer(texts, add_special_tokens=False)["input_ids"]
    return ids
