"""On pure noise the seed's protocol finds something and ours does not."""

from __future__ import annotations

import numpy as np
import torch
from seed_protocol import Rows, best_layer_score, slice_score

from tests.null import noise_test


def test_the_best_of_33_layers_of_noise_stays_in_its_null():
    p = [noise_test(seed).p_value for seed in range(10)]
    # A correct 5% test rejects more than 3 of 10 once in a thousand times.
    assert sum(value <= 0.05 for value in p) <= 3
    assert max(p) > 0.3


def test_the_seeds_protocol_scores_pure_noise_well_above_chance():
    scores = []
    for seed in range(20):
        torch.manual_seed(seed)
        # 250 questions with a true and a false row, all rows independent.
        scores.append(best_layer_score(torch.randn(33, 500, 64), torch.arange(500) % 2))
    assert np.mean(scores) >= 0.58


def test_the_seeds_loop_over_slices_trains_the_same_probe():
    labels = torch.arange(120) % 2
    states = torch.randn(120, 2, 3, 8, generator=torch.Generator().manual_seed(0))
    for layer, head in ((0, 0), (1, 2)):
        torch.manual_seed(5)
        looped = slice_score(Rows(states, labels), layer, head)
        torch.manual_seed(5)
        assert best_layer_score(states[:, layer, head][None], labels) == looped
