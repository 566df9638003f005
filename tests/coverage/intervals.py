"""The cells of every interval: proportions, means, paired differences, means over concepts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.random import Generator

from analyze.inference import (
    difference_intervals,
    macro_difference_intervals,
    macro_proportion_intervals,
    mean_intervals,
    proportion_intervals,
)
from analyze.inference.clusters import Floats
from tests.coverage.cells import IntervalCell
from tests.coverage.draws import (
    Counts,
    binomial,
    discordant,
    effective,
    equal,
    graded,
    order_averages,
    own_shares,
    right_answers,
    sizes,
    unequal,
)

CLUSTERS = (5, 10, 20, 40, 100)
ROWS = (1, 4, 10)
ICC = (0, 0.1, 0.3, 0.6)
SHARES = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
# Cluster size and correlation where a cluster of one would only repeat itself.
SHAPES: tuple[tuple[int | str, float], ...] = (
    (1, 0.0), (4, 0.0), (4, 0.3), (10, 0.0), (10, 0.1), (10, 0.3), (10, 0.6)
)  # fmt: skip
# Clusters of 1, 2, 4 and 13 questions in turn.
UNEQUAL = "1, 2, 4, 13"
SIDES = (
    (0.05, 0.05), (0.2, 0.2), (0.15, 0.05), (0.3, 0.1), (0.02, 0), (0.05, 0), (0.1, 0), (0.5, 0)
)  # fmt: skip


def families() -> dict[str, list[IntervalCell]]:
    """Return the cells of each family of intervals, by the heading they stand under."""
    return {
        "Proportions: the pinned grid": list(_pinned()),
        "Proportions: clusters of unequal size": list(_unequal()),
        "Proportions: values averaged over two orders": list(_two_orders()),
        "Means of graded values": list(_means()),
        "Paired differences of right and wrong": list(_differences()),
        "Paired differences of graded values": list(_graded_differences()),
        "Mean over concepts of a proportion": list(_macro_proportions()),
        "Mean over concepts of a paired difference": list(_macro_differences()),
    }


def _pinned() -> Iterator[IntervalCell]:
    for clusters, rows, icc, p in itertools.product(CLUSTERS, ROWS, ICC, SHARES):
        counts = equal(clusters, rows)
        about = {"rows": rows, "ICC": icc, "clusters": clusters, "p": p}
        yield _share(about, counts, icc, p)


def _unequal() -> Iterator[IntervalCell]:
    for clusters, icc, p in itertools.product((8, 20, 40, 100), (0, 0.3, 0.6), SHARES[:-1]):
        about = {"rows": UNEQUAL, "ICC": icc, "clusters": clusters, "p": p}
        yield _share(about, unequal(clusters), icc, p)


def _share(about: dict, counts: Counts, icc: float, p: float) -> IntervalCell:
    informative = effective(counts, icc) * min(p, 1 - p)
    draw = partial(right_answers, counts=counts, icc=icc, p=p)
    return IntervalCell(about, p, informative, draw, partial(proportion_intervals, counts=counts))


def _two_orders() -> Iterator[IntervalCell]:
    grid = itertools.product(
        (20, 40, 100, 400), ((1, 0.0), (4, 0.3)), (0.5, 0.8, 1.0), (0.05, 0.2, 0.5, 1.0)
    )
    for clusters, (rows, icc), p, informed in grid:
        counts = equal(clusters, rows)
        truth = 0.5 + informed * (p - 0.5)
        about = {
            "rows": rows, "ICC": icc, "clusters": clusters, "right if known": p,
            "known": informed,
        }  # fmt: skip
        draw = partial(order_averages, counts=counts, icc=icc, informed=informed, p=p)
        interval = partial(proportion_intervals, counts=counts, answers=2 * int(counts.sum()))
        # No data set is worth more than the answers it averages over.
        informative = effective(counts, icc) * min(truth, 1 - truth)
        yield IntervalCell(about, truth, informative, draw, interval)


def _means() -> Iterator[IntervalCell]:
    for shape, (rows, icc), clusters in itertools.product(
        ("normal", "exponential"), (*SHAPES, (UNEQUAL, 0.0), (UNEQUAL, 0.3)), CLUSTERS
    ):
        counts = sizes(clusters, rows)
        about = {"values": shape, "rows": rows, "ICC": icc, "clusters": clusters}
        draw = partial(graded, counts=counts, icc=icc, shape=shape)
        # Skewed means promise nothing below 40 clusters; the rule says so by this number.
        informative = float(clusters) if shape == "normal" or clusters >= 40 else 0.0
        yield IntervalCell(about, 0.0, informative, draw, partial(mean_intervals, counts=counts))


def _differences() -> Iterator[IntervalCell]:
    shapes = (*SHAPES, (UNEQUAL, 0.0), (UNEQUAL, 0.3))
    for (rows, icc), clusters, (first, other) in itertools.product(shapes, CLUSTERS, SIDES):
        counts = sizes(clusters, rows)
        about = {"rows": rows, "ICC": icc, "clusters": clusters, "right alone": f"{first}, {other}"}
        draw = partial(discordant, counts=counts, icc=icc, first=first, other=other)
        informative = effective(counts, icc) * (first + other)
        interval = partial(difference_intervals, counts=counts)
        yield IntervalCell(about, first - other, informative, draw, interval)


def _graded_differences() -> Iterator[IntervalCell]:
    for (rows, icc), spread, clusters in itertools.product(SHAPES, (0.05, 0.2), CLUSTERS):
        counts = equal(clusters, rows)
        about = {"rows": rows, "ICC": icc, "standard deviation": spread, "clusters": clusters}
        interval = partial(difference_intervals, counts=counts)
        draw = partial(_shifted, counts=counts, icc=icc, spread=spread, by=0.1)
        yield IntervalCell(about, 0.1, float(clusters), draw, interval)


def _shifted(
    rng: Generator, replicates: int, counts: Counts, icc: float, spread: float, by: float
) -> Floats:
    return by * counts + spread * graded(rng, replicates, counts, icc, "normal")


def _macro_proportions() -> Iterator[IntervalCell]:
    for shared, concepts, icc, clusters, p in itertools.product(
        (True, False), (2, 5), (0, 0.3), (10, 20, 40), (0.5, 0.8, 0.95)
    ):
        rows = 4
        counts = layout(clusters, concepts, rows, shared)
        about = _over_concepts(shared, concepts, icc, clusters) | {"p": p}
        size = equal(clusters, rows * concepts) if shared else equal(clusters * concepts, rows)
        informative = effective(size, icc) * min(p, 1 - p)
        draw = partial(concept_answers, counts=counts, icc=icc, p=p)
        interval = partial(macro_proportion_intervals, counts=counts)
        yield IntervalCell(about, p, informative, draw, interval)


def _macro_differences() -> Iterator[IntervalCell]:
    for shared, concepts, icc, clusters, (first, other) in itertools.product(
        (True, False), (2, 5), (0, 0.3), (10, 20, 40), ((0.05, 0.05), (0.3, 0.1), (0.1, 0))
    ):
        rows = 4
        counts = layout(clusters, concepts, rows, shared)
        about = _over_concepts(shared, concepts, icc, clusters)
        about["right alone"] = f"{first}, {other}"
        informative = effective(equal(int(counts.any(axis=1).sum()), rows), icc) * (first + other)
        draw = partial(concept_differences, counts=counts, icc=icc, first=first, other=other)
        interval = partial(macro_difference_intervals, counts=counts)
        yield IntervalCell(about, first - other, informative, draw, interval)


def _over_concepts(shared: bool, concepts: int, icc: float, clusters: int) -> dict:
    asked = "in every concept" if shared else "in one concept"
    return {"cluster asked": asked, "concepts": concepts, "ICC": icc, "clusters": clusters}


def layout(clusters: int, concepts: int, rows: int, shared: bool) -> Counts:
    """Return counts (clusters, concepts): each cluster in every concept, or in one alone."""
    if shared:
        return np.full((clusters, concepts), rows)
    return np.kron(np.eye(concepts, dtype=int), np.full((clusters, 1), rows))


def concept_answers(
    rng: Generator, replicates: int, counts: Counts, icc: float, p: float
) -> Floats:
    """Return right answers (replicates, clusters, concepts); a cluster has one share for all."""
    own = own_shares(rng, (replicates, len(counts), 1), icc, p)
    return binomial(rng, counts, np.broadcast_to(own, (replicates, *counts.shape)))


def concept_differences(
    rng: Generator, replicates: int, counts: Counts, icc: float, first: float, other: float
) -> Floats:
    """Return sums of differences (replicates, clusters, concepts), concepts independent."""
    columns = [discordant(rng, replicates, c, icc, first, other) for c in counts.T]
    return np.stack(columns, axis=-1)
