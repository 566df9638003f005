"""A plain reference probe: logistic regression on held-out families, and its AUROC.

Small on purpose and kept apart from `analyze`, so that a rebuild can be judged without a lake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy import stats

FOLDS = 5
C = 0.1  # inverse strength of the L2 penalty on standardised features
TOLERANCE = 1e-4  # largest gradient entry of a solution, for a loss summed over rows
MOST_STEPS = 2000


@dataclass(frozen=True)
class Found:
    """An AUROC over rows with its 95% interval, families being clusters."""

    auroc: float
    low: float
    high: float


def held_out_scores(
    states: torch.Tensor,
    labels: torch.Tensor,
    families: np.ndarray,
    train: np.ndarray | None = None,
) -> torch.Tensor:
    """Return every row's score by a probe that saw no row of its family.

    `states` is [rows, width], `labels` [rows, fits] of 0 and 1, the result [rows, fits]. Only
    rows where `train` holds are fitted on. Families fall into folds in turn, so each fold has as
    many of every frame.
    """
    fold = np.unique(families, return_inverse=True)[1] % FOLDS
    used = np.ones(len(fold), bool) if train is None else train
    scores = torch.empty(labels.shape, dtype=torch.float64)
    for held in range(FOLDS):
        weights, fitted = fit(states[used & (fold != held)], labels[used & (fold != held)])
        scores[fold == held] = fitted(states[fold == held]) @ weights
    return scores


class _Standardised:
    """Features as training rows standardise them, and a constant."""

    def __init__(self, states: torch.Tensor) -> None:
        rows = states.double()
        self.mean = rows.mean(0)
        spread = rows.std(0, correction=0)
        self.spread = torch.where(spread > 1e-9, spread, torch.ones_like(spread))

    def __call__(self, states: torch.Tensor) -> torch.Tensor:
        rows = (states.double() - self.mean) / self.spread
        return torch.cat([rows, torch.ones(len(rows), 1, dtype=torch.float64)], 1)


def fit(states: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, _Standardised]:
    """Return the weights [width + 1, fits] of L2 logistic regressions on the same rows.

    Minimises sum log-loss + |w|^2 / (2 C), the constant free, by the quadratic upper bound
    X'X / 4 of the Hessian (Boehning and Lindsay 1988, Ann. Inst. Statist. Math. 40, 641-663): one
    factorisation serves all fits and every step lowers the loss.
    """
    standardise = _Standardised(states)
    rows, wanted = standardise(states), labels.double()
    penalty = torch.full((rows.shape[1],), 1 / C, dtype=torch.float64)
    penalty[-1] = 1e-6
    bound = torch.linalg.cholesky(rows.T @ rows / 4 + torch.diag(penalty))
    weights = torch.zeros(rows.shape[1], wanted.shape[1], dtype=torch.float64)
    for _ in range(MOST_STEPS):
        slope = rows.T @ ((rows @ weights).sigmoid() - wanted) + penalty[:, None] * weights
        if float(slope.abs().max()) < TOLERANCE:
            break
        weights -= torch.cholesky_solve(slope, bound)
    return weights, standardise


def auroc(scores: torch.Tensor, labels: torch.Tensor) -> float:
    """Return the probability that a row of label 1 scores above one of label 0; ties count half."""
    ranks = stats.rankdata(scores.numpy())
    ones = labels.numpy().astype(bool)
    n = int(ones.sum())
    return float((ranks[ones].sum() - n * (n + 1) / 2) / (n * (len(ones) - n)))


def found(scores: torch.Tensor, labels: torch.Tensor, families: np.ndarray) -> Found:
    """Return the AUROC with a clustered interval.

    Variance: Obuchowski 1997 (Biometrics 53, 567-578), sums of structural components by family.
    Interval: Wilson 1927 on the effective sample size p (1 - p) / variance, which is the number
    of families where the variance is 0, with the t quantile of families - 1 degrees of freedom.
    """
    one, zero = scores[labels == 1][:, None], scores[labels == 0][None]
    wins = (torch.sign(one - zero).double() + 1) / 2
    p = float(wins.mean())
    names = sorted(set(families.tolist()))
    owner = torch.tensor([names.index(name) for name in families.tolist()])
    sums = torch.zeros(len(names), dtype=torch.float64)
    for side, means in ((1, wins.mean(1)), (0, wins.mean(0))):
        sums.index_add_(0, owner[labels == side], (means - p) / len(means))
    k = len(names)
    variance = float((sums**2).sum()) * k / (k - 1)
    n = p * (1 - p) / variance if variance > 1e-12 and 0 < p < 1 else float(k)
    t = float(stats.t.ppf(0.975, k - 1))
    centre, half = p + t * t / (2 * n), t * np.sqrt(p * (1 - p) / n + t * t / (4 * n * n))
    scale = 1 + t * t / n
    return Found(p, float((centre - half) / scale), float((centre + half) / scale))


def flip_p_value(
    layers: Sequence[torch.Tensor], labels: torch.Tensor, families: np.ndarray, flips: int = 199
) -> float:
    """Return the p-value that no layer holds the label, the best layer being searched for.

    Null: all labels of a family flipped together, alike at all layers (science: max-statistic).
    The p-value is (b + 1) / (flips + 1).
    """
    rng = np.random.default_rng(0)
    owner = np.unique(families, return_inverse=True)[1]
    flipped = rng.integers(0, 2, (owner.max() + 1, flips))[owner]
    flipped = np.concatenate([np.zeros((len(owner), 1), int), flipped], 1)
    dealt = torch.tensor(np.where(flipped == 1, 1 - labels.numpy()[:, None], labels[:, None]))
    best = np.max([_aurocs(states, dealt, families) for states in layers], 0)
    return float((np.sum(best[1:] >= best[0]) + 1) / (flips + 1))


def _aurocs(states: torch.Tensor, labels: torch.Tensor, families: np.ndarray) -> list[float]:
    scores = held_out_scores(states, labels, families)
    return [auroc(scores[:, i], labels[:, i]) for i in range(labels.shape[1])]
