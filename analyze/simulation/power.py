"""How large an advantage a planned comparison of two models could find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analyze.inference.clusters import Floats
from analyze.inference.means import mean_intervals
from analyze.inference.power import minimum_detectable_effect
from analyze.inference.signflip import sign_flip
from analyze.simulation.answers import answered, crossed_differences, plain_differences
from analyze.simulation.responders import Responders

ALPHA = 0.05
WANTED = 0.8
# Advantages looked at, as multiples of a first guess at the one that can be found.
STEPS = (0.0, 0.4, 0.7, 1.0, 1.3, 1.6, 2.0, 2.6)
# Values drawn at a time.
BLOCK = 2_000_000


@dataclass(frozen=True)
class Plan:
    """A planned study: what is asked, and how well the models predict each other.

    `other` are the shares of items in which the first model predicts the second, and the second
    the first, rightly; `chance` that of guesses. Every string is asked about in `tasks` tasks and
    `properties` properties; two items of a string correlate by `icc`.
    """

    strings: int
    properties: int = 1
    tasks: int = 1
    other: tuple[float, float] = (0.3, 0.3)
    chance: float = 0.1
    icc: float = 0.1

    def responders(self, advantage: float) -> Responders:
        """Return models that predict themselves so much better than they predict the other.

        Raises InputError for shares that no models can have.
        """
        first, second = self.other
        return Responders.of_accuracies(
            (first + advantage, second + advantage), self.other, self.chance, self.icc
        )


@dataclass(frozen=True)
class Power:
    """The shares of simulated studies that find an advantage, by estimand.

    `plain_advantage` and `crossed_advantage` are the true values of the two estimands.
    """

    strings: int
    plain_advantage: float
    crossed_advantage: float
    plain: float
    crossed: float


def power_curve(plan: Plan, seed: int, studies: int = 400) -> list[Power]:
    """Return the power of the cluster sign-flip tests at rising advantages, the first being none.

    The first guess at a detectable advantage is that of Bloom (1995), Evaluation Review 19, eq. 1,
    with the standard error of simulated studies. Raises InputError for shares that no models can
    have.
    """
    guess = _guess(plan, seed, studies)
    most = (1 - max(plan.other)) * 0.98
    gains = sorted({min(step * guess, most) for step in STEPS})
    return [power(plan, gain, seed, studies) for gain in gains]


def power(plan: Plan, advantage: float, seed: int, studies: int = 400) -> Power:
    """Return the power at one advantage, each model's accuracy about itself less about the other.

    The same seed draws alike for every advantage, so that a curve rises without jitter.
    """
    who = plan.responders(advantage)
    plain, crossed = _sums(plan, who, seed, studies)
    return Power(
        plan.strings, who.advantage, who.crossed, _found(plain, seed), _found(crossed, seed)
    )


def detectable(curve: Sequence[Power]) -> tuple[float | None, float | None]:
    """Return the advantages, plain and crossed, that are found with 80% power.

    Linear between the points of a curve; None where its highest power is below that.
    """
    plain = _crossing([p.plain_advantage for p in curve], [p.plain for p in curve])
    crossed = _crossing([p.crossed_advantage for p in curve], [p.crossed for p in curve])
    return plain, crossed


def _crossing(advantages: Sequence[float], shares: Sequence[float]) -> float | None:
    for i, share in enumerate(shares):
        if share >= WANTED:
            if i == 0:
                return advantages[0]
            part = (WANTED - shares[i - 1]) / (share - shares[i - 1])
            return advantages[i - 1] + part * (advantages[i] - advantages[i - 1])
    return None


def _found(sums: Floats, seed: int) -> float:
    return float(np.mean([sign_flip(each, seed).p_value <= ALPHA for each in sums]))


def _guess(plan: Plan, seed: int, studies: int) -> float:
    plain, _ = _sums(plan, plan.responders(0.0), seed, min(studies, 50))
    found = mean_intervals(plain, np.full(plan.strings, float(plan.properties * plan.tasks)))
    effect = minimum_detectable_effect(float(found.std_error.mean()), found.df)
    return effect or 0.1


def _sums(plan: Plan, who: Responders, seed: int, studies: int) -> tuple[Floats, Floats]:
    """Return sums of differences [studies, strings] of both estimands."""
    rng, items = np.random.default_rng(seed), plan.properties * plan.tasks
    step = max(1, BLOCK // (plan.strings * items))
    plain, crossed = [], []
    for start in range(0, studies, step):
        made = answered(rng, who, min(step, studies - start), plan.strings, items)
        plain.append(plain_differences(made).sum(axis=-1))
        crossed.append(crossed_differences(made).sum(axis=-1))
    return np.concatenate(plain), np.concatenate(crossed)
