"""`make null`: on pure noise the best of 33 layers is inside its null as often as it should be.

200 seeds from 0 draw fresh features and labels; the group split and C are the same for all. A
correct test at 5% rejects more than 20 of 200 less than one time in a thousand.
"""

from __future__ import annotations

import sys

import numpy as np

from analyze.probing.nulls import FlipNull, group_flip_null
from console import Progress, say
from tests.analyze.probing.dealing import assign_folds

SEEDS = 200
MOST_REJECTED = 20
LAYERS, GROUPS, DIM = 33, 100, 32


def noise_test(seed: int) -> FlipNull:
    """Return the test of 33 layers of noise on 100 questions with a right and a wrong row."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(GROUPS), 2)
    features = rng.normal(size=(LAYERS, 2 * GROUPS, DIM)).astype(np.float32)
    first = rng.integers(0, 2, GROUPS)
    labels = np.stack([first, 1 - first], axis=1).ravel()
    return group_flip_null(features, labels, groups, fixed_split(groups), seed=seed)


def fixed_split(groups: np.ndarray) -> np.ndarray:
    """Return the training rows of the one group split."""
    return assign_folds(groups, [], 5, 0) != 0


def main() -> int:
    """Print how many seeds are rejected at 5%; return 1 if more than 20 are."""
    rejected = 0
    with Progress("Noise", SEEDS, unit="seeds") as progress:
        for seed in range(SEEDS):
            rejected += noise_test(seed).p_value <= 0.05
            progress.advance(1)
    say(f"{rejected} of {SEEDS} seeds of pure noise rejected at 5%; at most {MOST_REJECTED} may be")
    return int(rejected > MOST_REJECTED)


if __name__ == "__main__":
    sys.exit(main())
