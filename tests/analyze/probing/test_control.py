"""Control tasks are learnable from the surface type alone, and only where types are shared."""

from __future__ import annotations

import numpy as np

from analyze.inference.auroc import auroc
from analyze.probing.control import control_task
from analyze.probing.logistic import fit_logistic
from tests.analyze.probing.dealing import assign_folds


def masks(groups, folds=3):
    fold = assign_folds(groups, [], folds, 0)
    held = np.stack([fold == k for k in range(folds)])
    return ~held, held


def test_a_probe_that_sees_the_type_learns_the_control_label_and_no_other_does():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(120), 2)
    types = rng.integers(0, 8, 240).astype(str)
    train, held = masks(groups)
    task = control_task(types, groups, train, held, 0)
    assert task.reason is None and task.n_types == 8
    x = np.stack([np.eye(8)[types.astype(int)], rng.normal(size=(240, 8))])
    values = fit_logistic(x, train & task.usable, task.labels[None], c=10.0).values
    rows = held[0] & task.usable[0]
    found = auroc(values[:, 0, 0, rows], task.labels[rows])
    assert found[0] == 1 and found[1] < 0.75


def test_labels_hang_on_type_and_seed_only_and_are_even_over_types():
    types = np.repeat([f"t{i}" for i in range(9)], 4)
    groups = np.arange(36)
    train, held = masks(groups)
    one, other = (control_task(types, groups, train, held, seed).labels for seed in (0, 1))
    assert all(len(set(one[types == t])) == 1 for t in set(types))
    assert one.reshape(9, 4)[:, 0].sum() in (4, 5)
    assert (one != other).any()


def test_types_of_one_group_or_one_side_are_left_out():
    # Of each type: groups in training, groups held out.
    spread = {"a": (3, 3), "b": (2, 2), "c": (2, 2), "d": (4, 2), "once": (3, 1), "here": (4, 0)}
    types, groups, train, number = [], [], [], 0
    for name, (inside, outside) in spread.items():
        for side in [True] * inside + [False] * outside:
            types += [name] * 2
            groups += [number] * 2
            train += [side] * 2
            number += 1
    side = np.array(train)[None]
    task = control_task(types, groups, side, ~side, 0)
    assert task.n_types == 4 and task.reason is None
    np.testing.assert_array_equal(task.usable[0], np.isin(types, ["a", "b", "c", "d"]))


def test_too_few_shared_types_are_no_control_task():
    groups = np.arange(40)
    train, held = masks(groups)
    for types in (np.array(["A", "B"] * 20), np.arange(40).astype(str)):
        task = control_task(types, groups, train, held, 0)
        assert task.reason is not None and not task.usable.any()
