"""Probes of 1,024 sites x 2,000 rows x 128 dimensions: beside scikit-learn and the seed's loop.

The whole grid of ours, five folds and twenty label flips, is timed; the others on a sample of
its fits. Equal solution: the greatest difference of the mean log-loss is printed.
"""

from __future__ import annotations

import time

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from analyze.probing.logistic import Fits, fit_logistic
from benchmarks.inside.setting import line
from tests.analyze.probing.seed_protocol import Rows, slice_score

SITES, ROWS, DIM, FOLDS, FLIPS = 1024, 2_000, 128, 5, 20
# Sites drawn and fitted at a time; the grid is that many times as much work.
AT_ONCE = 64
SAMPLE = 3


def main() -> None:
    """Print the lines."""
    rng = np.random.default_rng(0)
    features, labels = drawn(rng)
    folds = rng.permutation(np.arange(ROWS) // 2 % FOLDS)
    train = np.stack([folds != fold for fold in range(FOLDS)])
    flips = np.stack([labels, *rng.integers(0, 2, (FLIPS, ROWS))])
    started, fits = time.perf_counter(), 0
    while fits < SITES * FOLDS * len(flips):
        found = fit_logistic(features, train, flips)
        fits += AT_ONCE * FOLDS * len(flips)
    ours = fits / (time.perf_counter() - started)
    started = time.perf_counter()
    worst = max(
        abs(by_sklearn(features[0], train[fold], flips[flip]) - ours_of(found, train, flips, cell))
        for cell in np.ndindex(SAMPLE, SAMPLE)
        for fold, flip in [cell]
    )
    theirs = SAMPLE * SAMPLE / (time.perf_counter() - started)
    line(f"probe grid, {fits:,} fits", ours, "fits/s", "scikit-learn, one by one", theirs, "5")
    started = time.perf_counter()
    # With fewer slices a row than the seed's 1,024, which makes its fetching cheaper.
    states = torch.from_numpy(features).transpose(0, 1).unsqueeze(2).contiguous()
    rows = Rows(states, torch.from_numpy(labels))
    for site in range(SAMPLE):
        slice_score(rows, site, 0)
    loop = SAMPLE / (time.perf_counter() - started)
    line("the same", ours, "fits/s", "the seed's loop", loop, "50")
    print(f"\nGreatest difference from scikit-learn's mean log-loss: {worst:.1e}.")


def drawn(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return correlated features [sites, rows, dim] with a weak signal, and labels [rows]."""
    labels = rng.integers(0, 2, ROWS)
    scale = 0.97 ** np.arange(DIM)
    features = rng.standard_normal((AT_ONCE, ROWS, DIM)) * scale
    features[:, :, 0] += labels
    return features.astype(np.float32), labels


def by_sklearn(features: np.ndarray, train: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean log-loss on training rows of scikit-learn's solution."""
    x = StandardScaler().fit_transform(features[train])
    model = LogisticRegression(C=1.0, tol=1e-8, max_iter=10_000).fit(x, labels[train])
    z = model.decision_function(x)
    return float(np.logaddexp(0, np.where(labels[train] > 0, -z, z)).mean())


def ours_of(found: Fits, train: np.ndarray, flips: np.ndarray, cell: tuple[int, ...]) -> float:
    """Return the same of ours, at the first site, for a fold and a label vector."""
    fold, flip = cell
    z = found.values[0, fold, flip, train[fold]].astype(float)
    return float(np.logaddexp(0, np.where(flips[flip, train[fold]] > 0, -z, z)).mean())


if __name__ == "__main__":
    main()
