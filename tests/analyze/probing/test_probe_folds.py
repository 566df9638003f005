"""Folds keep groups whole and letters balanced; the seed's contiguous halves do not."""

from __future__ import annotations

import numpy as np
import pytest

from analyze.inference.auroc import aurocs
from analyze.probing.logistic import cross_validated_values
from analyze.probing.surface import letter_features
from tests.analyze.probing.dealing import assign_folds
from warehouse.errors import InputError


def contiguous_halves(questions):
    """The seed's folds: the first half of the file and the second."""
    return (np.arange(questions) >= questions // 2).astype(int)


def test_folds_are_equally_large_in_all_and_in_every_stratum():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(83), 3)
    domain, letter = (rng.integers(0, 2, 83)[groups] for _ in range(2))
    fold = assign_folds(groups, [domain, letter], 5, 7)
    of_group = {g: set(fold[groups == g]) for g in range(83)}
    assert all(len(folds) == 1 for folds in of_group.values())
    sizes = np.bincount(fold) / 3
    assert sizes.max() - sizes.min() <= 1
    for stratum in range(4):
        inside = 2 * domain + letter == stratum
        counts = np.bincount(fold[inside], minlength=5) / 3
        assert counts.max() - counts.min() <= 1


def test_folds_hang_on_the_seed_and_not_on_the_order_of_rows():
    groups = np.array([f"q{i}" for i in range(40)])
    letters = np.arange(40) % 2
    fold = assign_folds(groups, [letters], 4, 0)
    order = np.random.default_rng(1).permutation(40)
    np.testing.assert_array_equal(assign_folds(groups[order], [letters[order]], 4, 0), fold[order])
    assert (assign_folds(groups, [letters], 4, 1) != fold).any()


def test_a_groups_stratum_is_its_commonest():
    groups = np.repeat(np.arange(4), 3)
    letters = np.array(["A", "A", "B", "A", "A", "A", "B", "B", "A", "B", "B", "B"])
    fold = assign_folds(groups, [letters], 2, 0)
    # Two groups of mostly A and two of mostly B: one of each in every fold.
    assert {fold[0], fold[3]} == {fold[6], fold[9]} == {0, 1}


def test_too_few_groups_are_refused():
    with pytest.raises(InputError, match="3 groups cannot be dealt to 5 folds"):
        assign_folds(np.arange(3), [], 5, 0)


def letter_probe(fold, questions):
    """Return the letter-only probe's AUROC: each question with A and with B appended."""
    n = len(questions)
    letters = np.tile(["A", "B"], n)
    right = np.repeat(questions, 2) == letters
    folds = np.repeat(fold, 2)
    held = np.stack([folds == k for k in np.unique(folds)])
    x = letter_features(letters)[None]
    values = cross_validated_values(x, ~held, held, right[None].astype(int))[:, 0]
    return aurocs(values, right, np.repeat(np.arange(n), 2), folds).estimates()[0]


def test_contiguous_halves_confound_the_letter_and_our_folds_do_not():
    # sequential_planning: 76.8% A in the first half of 785 rows, 30.6% in the second.
    rng = np.random.default_rng(0)
    share = np.where(np.arange(785) < 392, 0.768, 0.306)
    answers = np.where(rng.random(785) < share, "A", "B")
    seeds = letter_probe(contiguous_halves(785), answers)
    domain = np.arange(785) >= 500
    ours = letter_probe(assign_folds(np.arange(785), [domain, answers], 5, 0), answers)
    assert seeds.high < 0.35
    majority = max(np.mean(answers == "A"), np.mean(answers == "B"))
    assert ours.value == pytest.approx(majority, abs=0.02)
