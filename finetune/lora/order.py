"""Which rows make a step, and in which passes they are read.

The order is a function of the seed and the step alone, so a training that is continued reads
what it would have read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from random import Random

# Of a pass, the most padding that is put up with: a fifth of the longest row.
WASTE = 0.2


class Order:
    """Rows in random order without end, each read once before any is read again."""

    def __init__(self, rows: int, batch: int, seed: int) -> None:
        """Deal `batch` of so many rows to every step."""
        self.rows, self.batch, self.seed = rows, batch, seed
        self._epoch = lru_cache(maxsize=4)(self._shuffled)

    def _shuffled(self, epoch: int) -> list[int]:
        return Random(f"epoch {epoch} of {self.seed}").sample(range(self.rows), self.rows)

    def step(self, number: int) -> list[int]:
        """Return the rows of a step, counted from 1."""
        first = (number - 1) * self.batch
        return [
            self._epoch(place // self.rows)[place % self.rows]
            for place in range(first, first + self.batch)
        ]

    def epochs(self, number: int) -> float:
        """Return how many times all rows have been read after a step."""
        return number * self.batch / self.rows


def passes(rows: Sequence[int], lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Yield rows of near-equal length together, at most `budget` padded tokens at a time.

    A step's rows stay a random draw; only how they are read depends on their lengths.
    """
    part: list[int] = []
    for row in sorted(rows, key=lambda row: (-lengths[row], row)):
        longest = lengths[part[0]] if part else lengths[row]
        short = lengths[row] < longest * (1 - WASTE)
        if part and (short or longest * (len(part) + 1) > budget):
            yield part
            part = []
        part.append(row)
    if part:
        yield part
