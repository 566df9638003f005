"""Greedy answers and predictions of simulated responders, thousands of data sets at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from analyze.inference.clusters import Floats
from analyze.simulation.responders import Responders

Values = NDArray[np.int8]
NOT_COMPLIANT = -1


class Answers(NamedTuple):
    """Numbers of values, -1 where not compliant; the last axes are (data sets, strings, items).

    `shown` [model, ...] are the answers, `said` [predictor, target, ...] the predictions.
    """

    shown: Values
    said: Values

    def correct(self, predictor: int, target: int) -> NDArray[np.bool_]:
        """Return which predictions are right; a prediction that is not compliant is wrong."""
        said = self.said[predictor, target]
        return np.asarray((said == self.shown[target]) & (said >= 0))


def answered(rng: Generator, who: Responders, data_sets: int, strings: int, items: int) -> Answers:
    """Return what both models say about `items` of every string, and how they predict it."""
    shape = (data_sets, strings, items)
    true = _values(rng, who, (2, *shape))
    told = correlated_uniforms(rng, (2, *shape), who.icc)
    own = correlated_uniforms(rng, (2, *shape), who.icc)
    said = _values(rng, who, (2, 2, *shape))
    for predictor in (0, 1):
        for target in (0, 1):
            known = told[target] < who.shared[predictor]
            if predictor == target:
                known |= own[target] < who.privileged[target]
            said[predictor, target] = np.where(known, true[target], said[predictor, target])
    if who.compliance < 1:
        said[rng.random(said.shape, np.float32) >= who.compliance] = NOT_COMPLIANT
    if who.answering < 1:
        true[rng.random(true.shape, np.float32) >= who.answering] = NOT_COMPLIANT
    return Answers(true, said)


def plain_differences(answers: Answers) -> Floats:
    """Return c(1, 1) - c(2, 1) of each item, c being 1 where a prediction is right."""
    return np.asarray(answers.correct(0, 0).astype(float) - answers.correct(1, 0))


def crossed_differences(answers: Answers) -> Floats:
    """Return [c(1, 1) - c(2, 1) + c(2, 2) - c(1, 2)] / 2 of each item."""
    second = answers.correct(1, 1).astype(float) - answers.correct(0, 1)
    return np.asarray((plain_differences(answers) + second) / 2)


def correlated_uniforms(
    rng: Generator, shape: tuple[int, ...], icc: float
) -> NDArray[np.float32]:  # fmt: skip
    """Return uniform numbers [..., strings, items] that items of one string may share.

    An item takes its string's number with probability sqrt(icc), else one of its own; so for
    every threshold the marks "below it" of two items of one string correlate by the icc exactly.
    """
    own = rng.random(shape, np.float32)
    if icc == 0:
        return own
    common = rng.random((*shape[:-1], 1), np.float32)
    return np.where(rng.random(shape, np.float32) < np.sqrt(icc), common, own)


def _values(rng: Generator, who: Responders, shape: tuple[int, ...]) -> Values:
    edges = np.cumsum(who.shares)[:-1].astype(np.float32)
    return np.searchsorted(edges, rng.random(shape, np.float32), side="right").astype(np.int8)
