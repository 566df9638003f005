"""Which requests run together: equal stems share one pass, batches hold equal lengths.

A scored request becomes one *row* of tokens for each distinct beginning of its continuations:
both letters of an answer are read off the same row, each longer option is a row of its own.
Rows of one question share their stem (both option orders and the bare question begin with
the same words), so the stem runs once and its keys and values serve all of them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TypeVar

from generate.engines.base import Request, Row
from warehouse.errors import LakeError

T = TypeVar("T")

# Below this a second pass costs more than the tokens it saves.
SHARE_FROM = 64
# Rows of a batch share no more than its shortest stem, so stems of a batch are near-equal.
SLACK = 32


@dataclass(frozen=True, slots=True)
class Encoded:
    """A request with its prompt's ids and the ids of each continuation to be scored."""

    request: Request
    prompt: list[int]
    continuations: list[list[int]]

    @property
    def longest(self) -> int:
        """Tokens the model must be able to see: the prompt and at least one token after it."""
        return len(self.prompt) + max(map(len, self.continuations), default=1)


@dataclass(frozen=True)
class Scored:
    """A request as rows of ids; `targets` are (row, position, next id, option) to be read."""

    encoded: Encoded
    rows: list[list[int]]
    targets: list[tuple[int, int, int, int]]


def scored(encoded: Encoded) -> Scored:
    """Return the rows and targets of a request that is read by log-probabilities."""
    rows: dict[tuple[int, ...], int] = {}
    targets = []
    last = len(encoded.prompt) - 1
    for option, ids in enumerate(encoded.continuations):
        row = rows.setdefault(tuple(ids[:-1]), len(rows))
        targets += [(row, last + step, token, option) for step, token in enumerate(ids)]
    return Scored(encoded, [[*encoded.prompt, *ids] for ids in rows], targets)


@dataclass(frozen=True)
class Group:
    """Scored requests of one question under one condition."""

    items: list[Scored]

    @cached_property
    def rows(self) -> list[list[int]]:
        """All rows of the group's requests."""
        return [row for item in self.items for row in item.rows]

    @cached_property
    def longest(self) -> int:
        """Length of the longest row."""
        return max(map(len, self.rows))

    @cached_property
    def shared(self) -> int:
        """How many first tokens run once for all rows; 0 where sharing does not pay."""
        if len(self.rows) == 1:
            return 0
        # What the first and the last in order share, all share; every row keeps a token.
        first, last = min(self.rows), max(self.rows)
        most = min(map(len, self.rows)) - 1
        common = next((i for i in range(most) if first[i] != last[i]), most)
        return common if common >= SHARE_FROM else 0


def groups(items: Iterable[Scored]) -> list[Group]:
    """Return neighbours of one question and condition as groups, longest first."""

    def question(item: Scored) -> tuple[str, str]:
        request = item.encoded.request
        return request.question_id, request.condition["condition_id"]

    made = [Group(list(members)) for _, members in groupby(items, key=question)]
    return sorted(made, key=lambda group: (-(group.shared // SLACK), -group.longest))


def batches(made: Sequence[Group], budget: int) -> Iterator[list[Group]]:
    """Yield groups in batches of at most `budget` padded tokens, or of one larger group."""
    batch: list[Group] = []
    count = longest = 0
    for group in made:
        rows, length = count + len(group.rows), max(longest, group.longest)
        apart = bool(batch) and batch[0].shared - group.shared > SLACK
        if batch and (rows * length > budget or apart):
            yield batch
            batch, rows, length = [], len(group.rows), group.longest
        batch.append(group)
        count, longest = rows, length
    if batch:
        yield batch


def by_budget(items: Sequence[T], cost: Callable[[T], int], budget: int) -> Iterator[list[T]]:
    """Yield items, dearest first, in batches whose size times greatest cost fits the budget."""
    batch: list[T] = []
    for item in sorted(items, key=cost, reverse=True):
        if batch and (len(batch) + 1) * cost(batch[0]) > budget:
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def mixed(found: Iterable[T]) -> list[T]:
    """Return batches in an arbitrary, fixed order, so that the time left is told fairly."""
    order = list(found)
    random.Random(len(order)).shuffle(order)
    return order


def halving(
    items: Sequence[T],
    work: Callable[[Sequence[T]], list[Row]],
    give_up: Callable[[T, Exception], Row],
) -> Iterator[list[Row]]:
    """Yield the rows of `work(items)`, in halves where it fails.

    What fails alone becomes the row of `give_up`; memory that a batch exhausts is often
    enough for half of it.
    """
    rows = _try(items, work, give_up)
    if rows is not None:
        yield rows
        return
    middle = len(items) // 2
    for half in (items[:middle], items[middle:]):
        yield from halving(half, work, give_up)


def _try(
    items: Sequence[T],
    work: Callable[[Sequence[T]], list[Row]],
    give_up: Callable[[T, Exception], Row],
) -> list[Row] | None:
    # Returning ends the exception, whose traceback holds the batch's tensors.
    try:
        return work(items)
    except LakeError:
        raise
    except Exception as error:
        return [give_up(items[0], error)] if len(items) == 1 else None
