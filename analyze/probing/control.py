"""Control tasks: labels that only a probe's memory for surface types can learn."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

# A control task on fewer types says little: the probe need only tell a few vectors apart.
FEWEST_TYPES = 4
GROUPS_PER_TYPE = 2


@dataclass(frozen=True)
class ControlTask:
    """Control labels [rows], and which rows [folds, rows] each fold may use on either side.

    `n_types` counts the surface types of the fold that has fewest; `reason` says why there is
    no control task, and then no row is usable.
    """

    labels: NDArray[np.int8]
    usable: NDArray[np.bool_]
    n_types: int
    reason: str | None = None


def control_task(
    types: Sequence[str], groups: ArrayLike, train: ArrayLike, held_out: ArrayLike, seed: int
) -> ControlTask:
    """Return random labels of surface types (Hewitt and Liang 2019, EMNLP, section 2).

    `types` [rows] are for example the last option's tokens, `train` and `held_out` [folds,
    rows] bool. Types in the order of sha256(seed|type) get 0 and 1 in turn. A fold may use
    rows of a type found in at least two groups of its training rows and two of those held out.
    Selectivity is the task's accuracy minus the control task's, with equal probes.
    """
    names, index = np.unique(np.asarray(types, str), return_inverse=True)
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    digests = [hashlib.sha256(f"{seed}|{name}".encode()).hexdigest() for name in names]
    turn = np.argsort(np.argsort(digests)) % 2
    labels = turn[index].astype(np.int8)
    sides = (np.asarray(train, bool), np.asarray(held_out, bool))
    shared = [
        _often(index, group, one) & _often(index, group, other)
        for one, other in zip(*sides, strict=True)
    ]
    usable = np.array([kinds[index] for kinds in shared]) & (sides[0] | sides[1])
    fewest = min(int(kinds.sum()) for kinds in shared)
    one_class = any(len(set(turn[kinds])) < 2 for kinds in shared)
    if fewest < FEWEST_TYPES or one_class:
        reason = (
            f"{fewest} surface types occur in {GROUPS_PER_TYPE} groups on both sides of a fold; "
            f"a control task needs {FEWEST_TYPES} with both labels"
        )
        return ControlTask(labels, np.zeros_like(usable), fewest, reason)
    return ControlTask(labels, usable, fewest)


def _often(
    index: NDArray[np.intp], group: NDArray[np.intp], rows: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which types occur in enough different groups of these rows."""
    pairs = np.unique(np.stack([index[rows], group[rows]]), axis=1)
    counts = np.bincount(pairs[0], minlength=int(index.max()) + 1)
    return np.asarray(counts >= GROUPS_PER_TYPE)
