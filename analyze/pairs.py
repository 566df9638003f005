"""Paired differences: sums over clusters for every two conditions that share questions.

With twenty models every answer stands in nineteen pairs, so pairs are formed one at a time
from one array of values a reading, of shape (conditions, questions), and never listed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analyze.inference.clusters import Floats

PAIR = ("reading", "model_id", "condition_id", "other_model_id", "other_condition_id")
COUNTS = ("first_better", "other_better", "both_right", "both_wrong")


@dataclass(frozen=True)
class Part:
    """One concept's paired differences, first minus other: a sum and a count a cluster.

    `clusters` numbers the clusters over all concepts. `n_missing` are the questions put to
    both that one of them left without a readable answer, `in_part` those of which one answer
    is neither right nor wrong.
    """

    concept: str
    clusters: NDArray[np.int64]
    value: Floats
    n: Floats
    n_missing: int
    in_part: int
    counts: dict[str, int]


@dataclass(frozen=True)
class _Grid:
    """One reading's values by (condition, question), questions sorted by concept and cluster.

    NaN marks what was asked and not read; `asked` what was asked at all. A stratum is a
    cluster within a concept: `starts` are the strata's first questions.
    """

    conditions: list[tuple[str, str]]
    values: Floats
    asked: NDArray[np.bool_]
    concepts: list[str]
    starts: NDArray[np.int64]
    clusters: NDArray[np.int64]
    concept_of: NDArray[np.int64]


def pairs(answers: pl.DataFrame) -> Iterator[tuple[dict[str, str], list[Part]]]:
    """Yield what names a pair and its parts, one a concept with a question that both answered."""
    for (reading,), part in answers.partition_by(
        "reading", as_dict=True, maintain_order=True
    ).items():
        grid = _grid(part)
        for first, other in combinations(range(len(grid.conditions)), 2):
            parts = list(_parts(grid, first, other))
            if parts:
                names = (str(reading), *grid.conditions[first], *grid.conditions[other])
                yield dict(zip(PAIR, names, strict=True)), parts


def _grid(answers: pl.DataFrame) -> _Grid:
    conditions = answers.select("model_id", "condition_id").unique()
    questions = answers.select("concept", "group_id", "question_id").unique()
    conditions = conditions.cast(pl.String).sort(pl.all())
    questions = questions.cast(pl.String).sort(pl.all())
    place = pl.int_range(pl.len())
    numbered = (
        answers.select(pl.col("model_id", "condition_id", "question_id").cast(pl.String), "value")
        .join(conditions.with_columns(i=place), on=["model_id", "condition_id"])
        .join(questions.select("question_id", j=place), on="question_id")
    )
    at = (numbered["i"].to_numpy(), numbered["j"].to_numpy())
    values = np.full((len(conditions), len(questions)), np.nan)
    values[at] = numbered["value"].fill_null(np.nan).to_numpy()
    asked = np.zeros(values.shape, bool)
    asked[at] = True
    clusters = questions["group_id"].rank("dense").to_numpy().astype(np.int64) - 1
    concept_of = questions["concept"].rank("dense").to_numpy().astype(np.int64) - 1
    new = (np.diff(clusters, prepend=-1) != 0) | (np.diff(concept_of, prepend=-1) != 0)
    starts = np.flatnonzero(new)
    return _Grid(
        conditions.rows(), values, asked, questions["concept"].unique().sort().to_list(),
        starts, clusters[starts], concept_of[starts],
    )  # fmt: skip


def _parts(grid: _Grid, first: int, other: int) -> Iterator[Part]:
    x, y = grid.values[first], grid.values[other]
    difference = x - y
    read = ~np.isnan(difference)
    value = np.add.reduceat(np.where(read, difference, 0.0), grid.starts)
    n = np.add.reduceat(read, grid.starts, dtype=float)
    missing = np.add.reduceat(grid.asked[first] & grid.asked[other] & ~read, grid.starts, dtype=int)
    marks = {
        "first_better": x > y,
        "other_better": x < y,
        "both_right": (x == 1) & (y == 1),
        "both_wrong": (x == 0) & (y == 0),
        "in_part": read & ~(np.isin(x, (0, 1)) & np.isin(y, (0, 1))),
    }
    counts = {name: np.add.reduceat(mark, grid.starts, dtype=int) for name, mark in marks.items()}
    ends = np.searchsorted(grid.concept_of, np.arange(len(grid.concepts) + 1))
    for number, concept in enumerate(grid.concepts):
        at = slice(ends[number], ends[number + 1])
        if n[at].any():
            sums = {name: int(count[at].sum()) for name, count in counts.items()}
            yield Part(
                concept, grid.clusters[at], value[at], n[at], int(missing[at].sum()),
                sums.pop("in_part"), sums,
            )  # fmt: skip


def matrices(parts: list[Part]) -> tuple[Floats, Floats]:
    """Return sums and counts of shape (clusters, concepts), of clusters that hold a question."""
    held = [part.clusters[part.n > 0] for part in parts]
    place = np.zeros(1 + max(int(clusters.max()) for clusters in held), np.int64)
    for clusters in held:
        place[clusters] = 1
    size = int(place.sum())
    place = np.cumsum(place) - 1
    sums, counts = np.zeros((size, len(parts))), np.zeros((size, len(parts)))
    for column, (part, clusters) in enumerate(zip(parts, held, strict=True)):
        rows = place[clusters]
        sums[rows, column], counts[rows, column] = part.value[part.n > 0], part.n[part.n > 0]
    return sums, counts
