"""The cells of every test: its error rate under the null, and its power where that is claimed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.random import Generator

from analyze.inference import (
    difference_intervals,
    holm,
    joint_sign_flip,
    mcnemar_mid_p,
    minimum_detectable_effect,
    proportion_intervals,
    score_p_values,
    sign_flip,
)
from analyze.inference.clusters import Floats
from analyze.inference.macro import contributions
from tests.coverage.cells import About, TestCell
from tests.coverage.draws import (
    Counts,
    discordant,
    effective,
    equal,
    graded,
    right_answers,
    sizes,
)
from tests.coverage.intervals import (
    CLUSTERS,
    SHAPES,
    UNEQUAL,
    concept_answers,
    concept_differences,
    layout,
)
from tests.coverage.rules import ASYMPTOTIC, EXACT, POWER

Draw = Callable[[Generator, int], Floats]
HALF = 0.5
OPTIONS = (3, 4, 5, 10)
# Below this many right answers (or pairs that differ) an asymptotic test may reject .07.
LARGE = 100


def families() -> dict[str, list[TestCell]]:
    """Return the cells of each family of tests, by the heading they stand under."""
    return {
        "Sign-flip test of right answers against one half": list(_against_half()),
        "Sign-flip test of graded sums": list(_graded()),
        "Sign-flip test of paired differences": list(_paired()),
        "Sign-flip test of a mean over concepts": list(_macro()),
        "McNemar's mid-p on single questions": list(_mcnemar()),
        "Score test against other chances": list(_other_chances()),
        "Sign-flip test against other chances, no longer used": list(_superseded()),
        "Joint test of several concepts": list(_joint()),
        "Holm over ten concepts: any false rejection": list(_holm()),
        "Power at the minimum detectable effect": list(_power()),
    }


def flips(draw: Draw, rng: Generator, replicates: int) -> Floats:
    """Return the sign-flip test's p-value of every data set, each with a seed of its own."""
    return np.array([sign_flip(s, i).p_value for i, s in enumerate(draw(rng, replicates))])


def _flip_cell(
    about: About, draw: Draw, limit: float | None = EXACT, many: bool = False
) -> TestCell:
    return TestCell(about, partial(flips, draw), limit, many)


def _excess(rng: Generator, replicates: int, counts: Counts, icc: float, p: float) -> Floats:
    return right_answers(rng, replicates, counts, icc, p) - p * counts


def _against_half() -> Iterator[TestCell]:
    for (rows, icc), clusters in itertools.product(
        ((1, 0.0), (4, 0.3), (10, 0.0), (10, 0.3), (UNEQUAL, 0.3)), CLUSTERS
    ):
        about: About = {"rows": rows, "ICC": icc, "clusters": clusters}
        counts = sizes(clusters, rows)
        yield _flip_cell(about, partial(_excess, counts=counts, icc=icc, p=HALF))


def _graded() -> Iterator[TestCell]:
    # Listed up to 14 clusters (2^13 p-values), then drawn, beyond 1,000 rounded to a lattice.
    for clusters in (14, 60, 1_200):
        counts = equal(clusters, 4)
        draw = partial(graded, counts=counts, icc=0.3, shape="normal")
        yield _flip_cell({"clusters": clusters, "values": "normal"}, draw, many=True)


def _paired() -> Iterator[TestCell]:
    for (rows, icc), clusters in itertools.product(((4, 0.1), (10, 0.3)), (10, 40, 100)):
        counts = equal(clusters, rows)
        draw = partial(discordant, counts=counts, icc=icc, first=0.15, other=0.15)
        yield _flip_cell({"rows": rows, "ICC": icc, "clusters": clusters}, draw)


def _macro() -> Iterator[TestCell]:
    for shared, clusters in itertools.product((True, False), (10, 40)):
        counts = layout(clusters, 5, 4, shared)
        # Concepts of different sizes, so that their parts of the mean differ.
        counts = counts * (1 + np.arange(5) % 3)
        asked = "in every concept" if shared else "in one concept"
        about: About = {"cluster asked": asked, "concepts": 5, "clusters": clusters}
        yield _flip_cell(about, partial(_macro_excess, counts=counts))


def _macro_excess(rng: Generator, replicates: int, counts: Counts) -> Floats:
    sums = concept_differences(rng, replicates, counts, 0.1, 0.2, 0.2)
    return contributions(sums, counts)


def _mcnemar() -> Iterator[TestCell]:
    for n, differ in itertools.product((20, 50, 100, 400), (0.1, 0.2, 0.5)):
        limit = ASYMPTOTIC if n * differ < LARGE else EXACT
        about: About = {"questions": n, "pairs that differ": differ}
        yield TestCell(about, partial(_mid_p, n=n, differ=differ), limit)


def _mid_p(rng: Generator, replicates: int, n: int, differ: float) -> Floats:
    pairs = rng.binomial(n, differ, replicates)
    first = rng.binomial(pairs, 0.5)
    return np.array([mcnemar_mid_p(int(b), int(t - b)) for b, t in zip(first, pairs, strict=True)])


def _other_chances() -> Iterator[TestCell]:
    for options, (rows, icc), clusters in itertools.product(OPTIONS, SHAPES, CLUSTERS):
        counts = equal(clusters, rows)
        expected = effective(counts, icc) / options
        limit = None if expected < 5 else ASYMPTOTIC if expected < LARGE else EXACT
        about: About = {"options": options, "rows": rows, "ICC": icc, "clusters": clusters}
        yield TestCell(about, partial(_score, counts=counts, icc=icc, p=1 / options), limit)


def _score(rng: Generator, replicates: int, counts: Counts, icc: float, p: float) -> Floats:
    found = proportion_intervals(right_answers(rng, replicates, counts, icc, p), counts)
    assert found.n_effective is not None
    return score_p_values(found.value, found.n_effective, p, found.df)


def _superseded() -> Iterator[TestCell]:
    for options, (rows, icc), clusters in itertools.product(
        OPTIONS[1:], ((1, 0.0), (4, 0.3)), (10, 20, 40)
    ):
        about: About = {"options": options, "rows": rows, "ICC": icc, "clusters": clusters}
        draw = partial(_excess, counts=equal(clusters, rows), icc=icc, p=1 / options)
        yield _flip_cell(about, draw, limit=None)


def _joint() -> Iterator[TestCell]:
    for shared, clusters in ((True, 30), (False, 10)):
        counts = layout(clusters, 5, 4, shared)
        asked = "in every concept" if shared else "in one concept"
        about: About = {"cluster asked": asked, "concepts": 5, "clusters": clusters}
        yield TestCell(about, partial(_joint_p, counts=counts), EXACT)


def _joint_p(rng: Generator, replicates: int, counts: Counts) -> Floats:
    excess = concept_answers(rng, replicates, counts, 0.3, HALF) - counts / 2
    return np.array([joint_sign_flip(s, i).p_value for i, s in enumerate(excess)])


def _holm() -> Iterator[TestCell]:
    for known in (0, 5):
        about: About = {"concepts at chance": 10 - known, "concepts known": known}
        yield TestCell(about, partial(_smallest_false, known=known), EXACT)


def _smallest_false(rng: Generator, replicates: int, known: int) -> Floats:
    """Return the smallest adjusted p-value among the concepts that are at chance."""
    counts = equal(20, 4)
    shares = np.where(np.arange(10) < known, 0.9, HALF)
    sums = np.stack([right_answers(rng, replicates, counts, 0.3, p) for p in shares], axis=1)
    tested = [[sign_flip(s, 0).p_value for s in each] for each in sums - counts / 2]
    return np.array([holm(p)[known:].min() for p in tested])


def _power() -> Iterator[TestCell]:
    for test, clusters in itertools.product(("sign-flip test", "interval"), (12, 30, 100)):
        about: About = {"judged by": test, "values": "normal", "clusters": clusters}
        run = partial(_shifted_p, clusters=clusters, by_interval=test == "interval")
        # The interval's two added clusters cost power where clusters are few: no rule there.
        claimed = POWER if test != "interval" or clusters >= 100 else None
        yield TestCell(about, run, None, power=claimed)
    for n in (250, 1_110):
        about = {"judged by": "McNemar's mid-p", "values": "right or wrong", "clusters": n}
        yield TestCell(about, partial(_mcnemar_at_mde, n=n), None, power=POWER)


def _shifted_p(rng: Generator, replicates: int, clusters: int, by_interval: bool) -> Floats:
    """Return p-values at the effect that is detectable by the true standard error."""
    rows, spread = 4, 0.2
    counts = equal(clusters, rows)
    effect = minimum_detectable_effect(spread / np.sqrt(clusters * rows), clusters - 1)
    assert effect is not None
    sums = spread * graded(rng, replicates, counts, 0.0, "normal") + effect * counts
    if not by_interval:
        return np.array([sign_flip(s, i).p_value for i, s in enumerate(sums)])
    found = difference_intervals(sums, counts)
    return np.where((found.low > 0) | (found.high < 0), 0.0, 1.0)


def _mcnemar_at_mde(rng: Generator, replicates: int, n: int) -> Floats:
    """Return mid-p values where both sides are right in .7, correlated by .5, plus the effect."""
    differ = 2 * 0.7 * 0.3 * (1 - 0.5)
    effect = minimum_detectable_effect(np.sqrt(differ / n), n - 1)
    assert effect is not None
    shares = [(differ + effect) / 2, (differ - effect) / 2, 1 - differ]
    pairs = rng.multinomial(n, shares, replicates)
    return np.array([mcnemar_mid_p(int(b), int(c)) for b, c, _ in pairs])
