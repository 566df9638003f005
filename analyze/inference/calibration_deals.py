"""Dealing a prompt's answers at random to two sides, for many prompts and deals at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.random import Generator

from analyze.inference.calibration_counts import Whole


def dealt(rng: Generator, pool: Whole, size: Whole, deals: int) -> Iterator[Whole]:
    """Yield for each behaviour how many of its answers [prompts, deals] fall to the first side.

    Of the `pool` [prompts, behaviours] the first side gets `size` [prompts] answers without
    replacement: a multivariate hypergeometric draw, behaviour by behaviour (Johnson, Kotz and
    Balakrishnan 1997, Discrete Multivariate Distributions, chapter 39).
    """
    wanted = np.broadcast_to(size[:, None], (len(pool), deals))
    left = pool.sum(axis=1)[:, None]
    for column in pool.T[:-1]:
        left = left - column[:, None]
        found = rng.hypergeometric(column[:, None], left, wanted)
        wanted = wanted - found
        yield found
    yield wanted


def halves(rng: Generator, objects: Whole) -> tuple[Whole, Whole]:
    """Return counts [prompts, behaviours] dealt into two halves, the first the smaller."""
    first = np.hstack(list(dealt(rng, objects, objects.sum(axis=1) // 2, 1)))
    return first, objects - first
