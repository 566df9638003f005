"""A small part of `make coverage`, and proof that its rules catch a broken interval."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analyze.inference import Intervals
from tests.coverage import advantages, intervals, levels
from tests.coverage.cells import cover, generator, reject
from tests.coverage.page import PAGE, coverage_table, introduction
from tests.coverage.rules import (
    REPLICATES,
    belongs,
    coverage_failures,
    least,
    most,
    rejection_failures,
)

INTERVALS = intervals.families() | advantages.intervals()
TESTS = levels.families() | advantages.tests()
PINNED = "Proportions: the pinned grid"


def sample(cells, n):
    """Return n of the cells that the rules judge, spread over the family."""
    judged = [c for c in cells if belongs(c)]
    return [judged[i] for i in np.linspace(0, len(judged) - 1, n).astype(int)]


@pytest.mark.parametrize("family", INTERVALS)
def test_intervals_cover(family):
    found = [cover(cell, 2_000) for cell in sample(INTERVALS[family], 6)]
    # The band of the mean is a claim about all cells together; six cells may lie above it.
    assert [line for line in coverage_failures(family, found) if "mean" not in line] == []


@pytest.mark.parametrize("family", TESTS)
def test_tests_keep_their_level_and_power(family):
    judged = [c for c in TESTS[family] if c.limit is not None or c.power is not None]
    found = [reject(cell, 300) for cell in judged[:2]]
    assert list(rejection_failures(family, found)) == []


def wald(sums, counts):
    """Return the interval of textbooks, which knows neither clusters nor small numbers."""
    n = counts.sum()
    p = sums.sum(axis=-1) / n
    error = np.sqrt(p * (1 - p) / n)
    return Intervals(p, p - 1.96 * error, p + 1.96 * error, error, n - 1.0, np.full_like(p, n))


def test_the_rules_catch_an_interval_that_ignores_clusters():
    cells = [c for c in sample(INTERVALS[PINNED], 40) if c.about["rows"] == 10 and c.about["ICC"]]
    counts = [np.full(c.about["clusters"], 10) for c in cells]
    broken = [
        replace(cell, interval=lambda s, n=n: wald(s, n))
        for cell, n in zip(cells, counts, strict=True)
    ]
    failures = list(coverage_failures(PINNED, [cover(cell, 500) for cell in broken]))
    assert len(failures) > len(cells)


def test_the_rules_catch_a_test_that_ignores_clusters():
    counts = np.full(40, 10)

    def rows_as_clusters(rng, replicates):
        right = intervals.right_answers(rng, replicates, counts, 0.3, 0.5).sum(axis=1)
        return np.array([levels.mcnemar_mid_p(int(r), int(400 - r)) for r in right])

    cell = replace(TESTS["McNemar's mid-p on single questions"][0], p_values=rows_as_clusters)
    assert list(rejection_failures("rows", [reject(cell, 400)]))


def test_draws_have_the_mean_and_the_correlation_they_name():
    counts = np.full(30, 2)
    sums = intervals.right_answers(np.random.default_rng(0), 20_000, counts, 0.3, 0.8)
    # Two answers a cluster: both right with probability p^2 + icc p (1 - p).
    assert (sums / 2).mean() == pytest.approx(0.8, abs=0.002)
    assert (sums == 2).mean() == pytest.approx(0.64 + 0.3 * 0.16, abs=0.003)


def test_a_cell_drawn_alone_draws_the_same():
    first, again = (generator({"p": 0.5, "rows": 4}).random(3) for _ in range(2))
    assert (first == again).all()
    assert (first != generator({"p": 0.7, "rows": 4}).random(3)).all()


def test_thresholds_at_ten_thousand_data_sets():
    assert (least(0.92, REPLICATES), most(0.055, REPLICATES)) == (0.915, 0.059)


def test_the_grid_is_the_pinned_one():
    cells = INTERVALS[PINNED]
    assert len(cells) == len({repr(c.about) for c in cells}) == 5 * 3 * 4 * 6
    assert REPLICATES >= 10_000


def test_the_page_holds_what_its_cells_give_now():
    page = PAGE.read_text("utf-8")
    assert page.startswith(introduction())
    assert "Rules broken: 0." in page
    for name, cells in INTERVALS.items():
        across = len({c.about[list(c.about)[-1]] for c in cells})
        *_, line = coverage_table([cover(cell, REPLICATES) for cell in cells[:across]])
        assert line in page, name
