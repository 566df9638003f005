"""The strings of the sequences set, drawn from named seeds: the same on every machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from random import Random

from ingest.introspection.taskset import Given
from ingest.sequences.words import ANIMALS, LIVELY, QUIET, WORDS

TRAIN, VAL = 400, 200
SHORTEST, LONGEST = 3, 6
FILE = "ingest/sequences/strings.py"

# Strings without end, or more than enough, each with its target where it has one.
Strings = Callable[[Random], Iterator[tuple[str, str | None]]]


def strings(name: str, source: Strings) -> tuple[Given, ...]:
    """Return a task's strings: the first 400 different ones to train on, the next 200 to test."""
    splits = ["train"] * TRAIN + ["val"] * VAL
    seen: dict[str, str | None] = {}
    for text, target in source(Random(f"sequences {name}")):
        seen.setdefault(text, target)
        if len(seen) == len(splits):
            break
    drawn = zip(splits, seen.items(), strict=True)
    return tuple(
        Given(text, split, target, file=FILE, row=row)
        for row, (split, (text, target)) in enumerate(drawn, 1)
    )


def numbers(rng: Random) -> Iterator[tuple[str, None]]:
    """Return lists of three to six two-digit numbers."""
    while True:
        yield " ".join(str(rng.randint(10, 99)) for _ in range(_length(rng))), None


def words(rng: Random) -> Iterator[tuple[str, None]]:
    """Return lists of three to six different words."""
    while True:
        yield " ".join(rng.sample(WORDS, _length(rng))), None


def animals(rng: Random) -> Iterator[tuple[str, None]]:
    """Return lists of three to six different animals."""
    while True:
        yield " ".join(rng.sample(ANIMALS, _length(rng))), None


def preferences(rng: Random) -> Iterator[tuple[str, str]]:
    """Return pairs of ways to spend an evening; the target is the letter of the quieter one.

    Every pair comes once, in one order: the other order would be the same question again.
    """
    pairs = list(product(QUIET, LIVELY))
    rng.shuffle(pairs)
    for quiet, lively in pairs:
        target = rng.choice("AB")
        first, second = (quiet, lively) if target == "A" else (lively, quiet)
        yield f"A: {first}\nB: {second}", target


def _length(rng: Random) -> int:
    return rng.randint(SHORTEST, LONGEST)
