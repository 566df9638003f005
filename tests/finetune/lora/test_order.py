"""Which rows make a step, and how they are read."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.lora.order import WASTE, Order, passes


@given(st.integers(1, 40), st.integers(1, 60), st.integers(0, 5))
def test_every_row_is_read_once_before_any_is_read_again(rows, batch, seed):
    order = Order(rows, batch, seed)
    read = [row for step in range(1, 9) for row in order.step(step)]
    for start in range(0, len(read) - rows, rows):
        assert sorted(read[start : start + rows]) == list(range(rows))
    assert order.epochs(rows) == batch


def test_a_step_is_the_same_whatever_came_before():
    whole, later = Order(30, 7, 2), Order(30, 7, 2)
    steps = [whole.step(number) for number in range(1, 30)]
    assert later.step(29) == steps[28] and later.step(3) == steps[2]
    assert Order(30, 7, 3).step(3) != steps[2]
    assert steps[0] != sorted(steps[0])


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40), st.integers(1, 300))
def test_passes_hold_every_row_once_without_waste(lengths, budget):
    rows = list(range(len(lengths)))
    found = list(passes(rows, lengths, budget))
    assert sorted(row for part in found for row in part) == rows
    for part in found:
        sizes = [lengths[row] for row in part]
        assert len(part) == 1 or max(sizes) * len(part) <= budget
        assert min(sizes) >= max(sizes) * (1 - WASTE)


def test_rows_of_one_length_are_read_together():
    assert [len(part) for part in passes(range(10), [8] * 10, 1000)] == [10]
    assert [len(part) for part in passes(range(10), [8] * 10, 24)] == [3, 3, 3, 1]
    assert [len(part) for part in passes(range(6), [10, 40, 10, 40, 10, 40], 1000)] == [3, 3]
    with pytest.raises(StopIteration):
        next(passes([], [], 10))
    assert all(a >= b for a, b in pairwise(len(p) for p in passes(range(7), [5] * 7, 15)))
