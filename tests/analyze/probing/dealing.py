"""Groups dealt to folds as the view `question_folds` deals them, for tests without a lake."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from warehouse.errors import InputError


def assign_folds(
    groups: ArrayLike, strata: Sequence[ArrayLike], folds: int, seed: int
) -> NDArray[np.intp]:
    """Return the fold 0..folds-1 of every row; all rows of a group share one.

    `groups` [rows] are ids, `strata` arrays [rows] such as domain and right letter; a group's
    stratum is its commonest combination (the smallest of equally common ones). Strata in
    order, and in each its groups in the order of sha256(seed|group), are dealt out in turn
    without starting again, so folds differ by at most one group, in all and in every stratum.
    Raises InputError for fewer than two folds or fewer groups than folds.
    """
    names = [str(name) for name in np.asarray(groups).tolist()]
    kinds = list(zip(*(map(str, np.asarray(part).tolist()) for part in strata), strict=True))
    kinds = kinds or [()] * len(names)
    seen: dict[str, Counter[Hashable]] = {}
    for name, kind in zip(names, kinds, strict=True):
        seen.setdefault(name, Counter())[kind] += 1
    if folds < 2 or len(seen) < folds:
        raise InputError(
            f"{len(seen)} groups cannot be dealt to {folds} folds; use 2 to {len(seen)} folds"
        )
    ordered = sorted(seen, key=lambda name: (_commonest(seen[name]), _shuffled(seed, name)))
    fold = {name: place % folds for place, name in enumerate(ordered)}
    return np.array([fold[name] for name in names], np.intp)


def _commonest(kinds: Counter[Hashable]) -> str:
    return min(kinds, key=lambda kind: (-kinds[kind], str(kind))).__repr__()


def _shuffled(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed}|{name}".encode()).hexdigest()
