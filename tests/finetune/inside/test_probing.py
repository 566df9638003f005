"""The reference probe: exact, blind to the held-out family, silent on noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from finetune.inside.probing import C, auroc, fit, flip_p_value, found, held_out_scores

FAMILIES = np.repeat(np.arange(40), 8)


def drawn(seed, strength=0.0):
    """Noise of 16 features, with the label on the first of them."""
    rng = np.random.default_rng(seed)
    labels = np.tile([0, 1], 160)
    states = rng.normal(size=(320, 16))
    states[:, 0] += strength * labels
    return torch.tensor(states), torch.tensor(labels)


def test_a_solution_has_no_slope():
    states, labels = drawn(0, 1.0)
    weights, standardise = fit(states, labels[:, None])
    rows = standardise(states)
    torch.testing.assert_close(rows[:, :-1].mean(0), torch.zeros(16, dtype=torch.float64))
    penalty = torch.full((17, 1), 1 / C, dtype=torch.float64)
    penalty[-1] = 0
    slope = rows.T @ ((rows @ weights).sigmoid() - labels[:, None]) + penalty * weights
    assert float(slope.abs().max()) < 1e-3


def test_auroc_counts_ties_one_half():
    labels = torch.tensor([1, 1, 0, 0])
    assert auroc(torch.tensor([3.0, 1.0, 2.0, 0.0]), labels) == 0.75
    assert auroc(torch.zeros(4), labels) == 0.5


def test_the_interval_is_that_of_a_proportion_where_a_family_is_one_pair():
    rng = np.random.default_rng(1)
    labels = torch.tensor(np.tile([0, 1], 200))
    scores = torch.tensor(rng.normal(size=400)) + labels
    row = found(scores, labels, np.repeat(np.arange(200), 2))
    # Hanley and McNeil's standard error for this AUROC and sample is .024.
    assert row.low < row.auroc < row.high
    assert (row.high - row.low) / 2 == pytest.approx(1.97 * 0.024, abs=0.008)


def test_a_perfect_probe_keeps_an_interval():
    labels = torch.tensor(np.tile([0, 1], 160))
    row = found(labels.double(), labels, FAMILIES)
    assert row.auroc == 1.0 and 0.85 < row.low < 0.95


def test_a_fact_that_only_one_family_shows_is_not_found():
    # Every family has its own direction: nothing learned on others tells of it.
    labels = torch.tensor(np.tile([0, 1], 160))
    states = torch.zeros(320, 40)
    states[range(320), FAMILIES] = 2.0 * labels - 1
    scores = held_out_scores(states, labels[:, None], FAMILIES)[:, 0]
    assert auroc(scores, labels) == pytest.approx(0.5, abs=0.05)


def test_a_planted_label_is_found_and_noise_is_not():
    states, labels = drawn(2, 2.0)
    assert flip_p_value([states], labels, FAMILIES, 99) == 0.01
    silent = [flip_p_value([drawn(seed)[0]], drawn(seed)[1], FAMILIES, 39) for seed in range(20)]
    assert sum(p <= 0.05 for p in silent) <= 4
