"""How often each behaviour was shown and predicted, prompt by prompt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Whole = NDArray[np.int64]

NOT_COMPLIANT = -1
ABSENT = -2


@dataclass(frozen=True)
class Counts:
    """Counts [prompts, behaviours] of each prompt's object answers and of its predictions.

    Behaviours are numbered within a prompt, in the order of their codes; columns beyond a
    prompt's own are 0. `clusters` [prompts] are numbered from 0. `n_missing` counts prompts that
    were left out, `not_compliant` the object answers and the predictions that were not compliant
    in the prompts that were kept.
    """

    objects: Whole
    predicted: Whole
    clusters: Whole
    n_missing: int = 0
    not_compliant: tuple[int, int] = (0, 0)

    @property
    def n(self) -> int:
        """Number of prompts."""
        return len(self.objects)

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return len(np.unique(self.clusters))


def counted(objects: ArrayLike, predictions: ArrayLike, clusters: ArrayLike) -> Counts:
    """Return the counts of codes `objects` [n, k] and `predictions` [n, m]; `clusters` [n] names.

    A code stands for one behaviour wherever it occurs and is at least 0; -1 is an answer that was
    not compliant, -2 no answer (rows may be filled up with it). Object answers that were not
    compliant are dropped. A prediction that was not compliant counts as wrong: as one of a
    behaviour that no compliant answer shows. A prompt needs two object answers and two
    predictions; others are left out.
    """
    shown, said = np.asarray(objects, np.int64), np.asarray(predictions, np.int64)
    used = ((shown >= 0).sum(axis=1) >= 2) & ((said != ABSENT).sum(axis=1) >= 2)
    shown, said = shown[used], said[used]
    _, index = np.unique(np.asarray(clusters)[used], return_inverse=True)
    refused = (int((shown == NOT_COMPLIANT).sum()), int((said == NOT_COMPLIANT).sum()))
    column, width = _columns(shown, said)
    k = shown.shape[1]
    return Counts(
        objects=_tally(column[:, :k], width),
        predicted=_tally(column[:, k:], width),
        clusters=index.astype(np.int64),
        n_missing=int((~used).sum()),
        not_compliant=refused,
    )


def _columns(shown: Whole, said: Whole) -> tuple[Whole, int]:
    """Return the column of each answer within its prompt, -1 for those left out, and the width."""
    highest = int(max(shown.max(initial=0), said.max(initial=0)))
    wrong, out = highest + 1, highest + 2
    codes = np.concatenate(
        [
            np.where(shown >= 0, shown, out),
            np.where(said >= 0, said, np.where(said == NOT_COMPLIANT, wrong, out)),
        ],
        axis=1,
    )
    order = np.argsort(codes, axis=1, kind="stable")
    ordered = np.take_along_axis(codes, order, axis=1)
    rank = np.zeros_like(ordered)
    rank[:, 1:] = np.cumsum(ordered[:, 1:] != ordered[:, :-1], axis=1)
    column = np.empty_like(rank)
    np.put_along_axis(column, order, rank, axis=1)
    column = np.where(codes == out, -1, column)
    return column, int(column.max(initial=-1)) + 1


def _tally(column: Whole, width: int) -> Whole:
    """Return how often each column occurs in each row."""
    rows, places = np.nonzero(column >= 0)
    flat = np.bincount(rows * width + column[rows, places], minlength=len(column) * width)
    return flat.reshape(len(column), width).astype(np.int64)
