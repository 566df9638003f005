"""What is asked of vLLM to score a choice: for each place, the tokens wanted there.

A *read* is one prefix of ids and the ids whose log-probability is wanted right after it. vLLM
gives these by id (`logprob_token_ids`), however improbable they are, from the one position
that it computes anyway. So a single-token option costs one read for all letters together, and
a longer option one read a token: the prefix cache holds what the reads of a question share.

The other way, log-probabilities of a prompt that ends in the option (`prompt_logprobs`), is as
exact, but goes around the prefix cache and computes the whole vocabulary at every position.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

# The most ids that vLLM returns for one place.
MOST_IDS = 128


@dataclass(frozen=True, slots=True)
class Read:
    """Ids before a place, and which id each of some options has there, as (option, id)."""

    tokens: list[int]
    wanted: list[tuple[int, int]]

    @property
    def ids(self) -> list[int]:
        """The distinct ids wanted, in order."""
        return sorted({token for _, token in self.wanted})


def reads(prompt: Sequence[int], continuations: Sequence[Sequence[int]]) -> list[Read]:
    """Return the reads that together give the probability of every continuation."""
    places: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for option, ids in enumerate(continuations):
        for step, token in enumerate(ids):
            places.setdefault(tuple(ids[:step]), []).append((option, token))
    return [
        Read([*prompt, *before], part) for before, wanted in places.items() for part in _few(wanted)
    ]


def _few(wanted: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Yield the pairs in parts of at most `MOST_IDS` distinct ids."""
    ids = sorted({token for _, token in wanted})
    for start in range(0, len(ids), MOST_IDS):
        part = set(ids[start : start + MOST_IDS])
        yield [pair for pair in wanted if pair[1] in part]


def totals(made: Sequence[Read], found: Sequence[Mapping[int, float]], options: int) -> list[float]:
    """Return the natural-log probability of each option, summed over its tokens.

    `found` gives for each read the log-probability by id.
    """
    parts: list[list[float]] = [[] for _ in range(options)]
    for read, values in zip(made, found, strict=True):
        for option, token in read.wanted:
            parts[option].append(values[token])
    return [math.fsum(values) for values in parts]
