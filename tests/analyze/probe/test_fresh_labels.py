"""Labels drawn anew for each group over the same states are not found more often than 1 in 20.

A seed flips the two labels of each group by a fair coin. The states of the model that knows stay
full of the truth, those of its twin hold none; the test must be silent on both.
"""

from __future__ import annotations

import numpy as np
import pytest

from analyze.probing.nulls import group_flip_null

MODELS = ["verdict", "verdict-twin"]


def p_value(layers, model, seed):
    """Return p of the best of all layers, probes fitted outside fold 0 to fresh labels."""
    read, part = layers[model]
    features = np.stack([layer[part.places] for layer in read])
    coins = np.random.default_rng(seed).integers(0, 2, part.groups.max() + 1)
    fresh = part.truth ^ coins[part.groups]
    # Another stream for the flips of the test than for the labels that it is given.
    flips = 10_000 + seed
    return group_flip_null(features, fresh, part.groups, part.folds != 0, seed=flips).p_value


def rejected(layers, model, seeds):
    return sum(p_value(layers, model, seed) <= 0.05 for seed in range(seeds))


def test_the_states_are_those_that_hold_the_truth(layers):
    for model, known in (("verdict", True), ("verdict-twin", False)):
        read, part = layers[model]
        features = np.stack([layer[part.places] for layer in read])
        own = group_flip_null(features, part.truth, part.groups, part.folds != 0, seed=0)
        assert features.shape == (4, 640, 128) and len(set(part.groups)) == 40
        assert (own.p_value < 0.01) is known


@pytest.mark.parametrize("model", MODELS)
def test_five_seeds_of_fresh_labels(layers, model):
    # Three of five would happen once in 900 times.
    assert rejected(layers, model, 5) <= 2


@pytest.mark.soak
@pytest.mark.parametrize("model", MODELS)
def test_a_hundred_seeds_of_fresh_labels(layers, model):
    found = rejected(layers, model, 100)
    print(f"{model}: {found} of 100 seeds of fresh labels rejected at 5%")
    assert found <= 11
