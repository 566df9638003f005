"""Layer profiles get the simplest shape that their band allows."""

from __future__ import annotations

import numpy as np
import pytest

from analyze.probing.shape import profile_shape

DEPTH = np.linspace(0, 1, 12)


@pytest.mark.parametrize(
    ("curve", "name"),
    [
        (0 * DEPTH + 0.6, "flat"),
        (0.5 + 0.4 * DEPTH, "rising"),
        (0.9 - 0.4 * DEPTH, "falling"),
        (0.5 + 0.4 * np.sin(np.pi * DEPTH), "hump"),
        (0.9 - 0.4 * np.sin(np.pi * DEPTH), "dip"),
        (0.7 + 0.2 * np.sin(4 * np.pi * DEPTH), "oscillating"),
    ],
)
def test_every_shape_is_told_by_a_narrow_band_and_none_by_a_wide_one(curve, name):
    assert profile_shape(curve, curve - 0.02, curve + 0.02).name == name
    assert profile_shape(curve, curve - 0.5, curve + 0.5).name == "flat"


def fits(low, high, ups):
    """Whether a curve on a grid with steps of these directions lies in the band."""
    grid = np.arange(21)
    reachable = (grid >= low[0]) & (grid <= high[0])
    for i, up in enumerate(ups, start=1):
        sweep = reachable if up else reachable[::-1]
        spread = np.logical_or.accumulate(sweep)
        reachable = (spread if up else spread[::-1]) & (grid >= low[i]) & (grid <= high[i])
    return bool(reachable.any())


def expected(low, high):
    steps = len(low) - 1
    if low.max() <= high.min():
        return {"flat"}
    for name, up in (("rising", True), ("falling", False)):
        if fits(low, high, [up] * steps):
            return {name}
    turns = range(steps + 1)
    both = {
        name
        for name, up in (("hump", True), ("dip", False))
        if any(fits(low, high, [up] * k + [not up] * (steps - k)) for k in turns)
    }
    return both or {"oscillating"}


def test_feasibility_is_exact():
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(400):
        middle, half = rng.integers(0, 21, 5), rng.integers(0, 6, 5)
        low, high = np.maximum(middle - half, 0), np.minimum(middle + half, 20)
        name = profile_shape(middle, low, high).name
        assert {name} == expected(low, high)
        seen.add(name)
    assert seen == {"flat", "rising", "falling", "hump", "dip", "oscillating"}


def test_the_peak_is_a_relative_depth_with_the_range_that_the_band_leaves():
    values = np.array([0.5, 0.6, 0.8, 0.9, 0.85])
    shape = profile_shape(values, values - 0.06, values + 0.06)
    assert (shape.peak, shape.peak_low, shape.peak_high) == (0.75, 0.5, 1.0)
    alone = profile_shape([0.5], [0.4], [0.6])
    assert (alone.name, alone.peak) == ("flat", 0)
