"""What is true of two simulated models that answer, and predict themselves and each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from analyze.inference.clusters import Floats
from warehouse.errors import InputError


@dataclass(frozen=True)
class Responders:
    """Two models; pairs hold what is true of the first and of the second.

    A predictor knows a value from the input alone in a share `shared` of the items, whoever
    answers, and a model knows its own answer besides in a share `privileged`. What it does not
    know it guesses, drawing from the shares of the values: `commonest` of the first of `values`,
    the rest evenly. Predictions are compliant in a share `compliance`, answers in `answering`.
    Two items of one string correlate by `icc` in what is known of them.

    Sampled answers follow shares of their own in every prompt, Dirichlet with parameter `spread`
    for each value: the smaller, the surer a model is. Predictions follow the same shares where
    the model knows, save that `miscalibration` of them is spread evenly.
    """

    privileged: tuple[float, float] = (0.0, 0.0)
    shared: tuple[float, float] = (0.0, 0.0)
    values: int = 4
    commonest: float = 0.25
    compliance: float = 1.0
    answering: float = 1.0
    icc: float = 0.0
    spread: float = 1.0
    miscalibration: float = 0.0

    def __post_init__(self) -> None:
        """Raise InputError for shares outside 0 to 1."""
        shares = (*self.privileged, *self.shared, self.commonest, self.compliance,
                  self.answering, self.icc, self.miscalibration)  # fmt: skip
        if not all(0 <= share <= 1 for share in shares):
            raise InputError("Simulated responders need shares between 0 and 1.")
        if self.values < 2 or self.spread <= 0:
            raise InputError("Simulated responders need two values and a spread above 0.")

    @classmethod
    def of_accuracies(
        cls, own: tuple[float, float], other: tuple[float, float], chance: float, icc: float = 0.0
    ) -> Self:
        """Return the responders that are right so often.

        `own` are the shares of items in which the models predict themselves rightly, `other`
        those in which they predict the other model. `chance` is how often a guess is right.
        Raises InputError where a model predicts the other better than itself, or worse than by
        chance, and where `chance` is not between 0 and one half.
        """
        if not 0 < chance <= 0.5:
            raise InputError("The chance of a guess must be above 0 and at most one half.")
        if not all(chance <= o <= s < 1 for s, o in zip(own, other, strict=True)):
            raise InputError(
                "Each model must predict the other at least as well as by chance, and itself at "
                "least as well as the other, below 1."
            )
        values = int(np.ceil(1 / chance - 1e-9))
        shared = tuple((o - chance) / (1 - chance) for o in other)
        privileged = tuple((s - o) / (1 - o) for s, o in zip(own, other, strict=True))
        return cls(
            privileged=(privileged[0], privileged[1]), shared=(shared[0], shared[1]),
            values=values, commonest=_commonest(chance, values), icc=icc,
        )  # fmt: skip

    @property
    def shares(self) -> Floats:
        """Shares of the values [values] among answers."""
        rest = (1 - self.commonest) / (self.values - 1)
        return np.array([self.commonest] + [rest] * (self.values - 1))

    @property
    def chance(self) -> float:
        """How often a guess is right."""
        return float((self.shares**2).sum())

    def accuracy(self, predictor: int, target: int) -> float:
        """Return how often one model (0 or 1) is right about the other or itself."""
        known = self.shared[predictor]
        right = known + (1 - known) * self.chance
        if predictor == target:
            right = self.privileged[target] + (1 - self.privileged[target]) * right
        return self.compliance * right

    @property
    def advantage(self) -> float:
        """acc(1 predicts 1) - acc(2 predicts 1)."""
        return self.accuracy(0, 0) - self.accuracy(1, 0)

    @property
    def crossed(self) -> float:
        """[(acc(1, 1) - acc(2, 1)) + (acc(2, 2) - acc(1, 2))] / 2."""
        return (self.advantage + self.accuracy(1, 1) - self.accuracy(0, 1)) / 2


def _commonest(chance: float, values: int) -> float:
    """Return the share c of the commonest value that solves c^2 + (1 - c)^2 / (V - 1) = chance."""
    left = max(0.0, (chance * values - 1) * (values - 1))
    return min(1.0, (1 + float(np.sqrt(left))) / values)
