"""Answers and predictions that simulated responders draw several times for each prompt."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from analyze.inference.calibration_counts import Counts
from analyze.inference.clusters import Floats
from analyze.simulation.answers import correlated_uniforms
from analyze.simulation.responders import Responders


def sampling_shares(
    rng: Generator, who: Responders, strings: int, items: int = 1, model: int = 0
) -> tuple[Floats, Floats]:
    """Return P_o [strings, items, values] and P_m [strings, items, values + 1] of one model.

    The last column of P_m is the share that is not compliant. Items of one string share P_o with
    probability `icc`.
    """
    shape = (strings, items)
    shown = rng.dirichlet(np.full(who.values, who.spread), shape)
    if who.icc > 0:
        common = rng.dirichlet(np.full(who.values, who.spread), (strings, 1))
        takes = rng.random(shape) < np.sqrt(who.icc)
        shown = np.where(takes[..., None], common, shown)
    near = (1 - who.miscalibration) * shown + who.miscalibration / who.values
    known = correlated_uniforms(rng, shape, who.icc) < who.shared[model]
    known |= correlated_uniforms(rng, shape, who.icc) < who.privileged[model]
    said = np.where(known[..., None], near, 1 / who.values)
    refused = np.full((*shape, 1), 1 - who.compliance)
    return shown, np.concatenate([who.compliance * said, refused], axis=-1)


def sampled_counts(
    rng: Generator, who: Responders, strings: int, items: int = 1, samples: int = 20
) -> Counts:
    """Return counts of `samples` answers and as many predictions of every prompt.

    Prompts are `items` of every string, which is their cluster. A prediction that is not
    compliant counts as one of a behaviour of its own.
    """
    shown, said = sampling_shares(rng, who, strings, items)
    objects = rng.multinomial(samples, shown.reshape(-1, who.values))
    predicted = rng.multinomial(samples, said.reshape(-1, who.values + 1))
    return Counts(
        np.pad(objects, ((0, 0), (0, 1))), predicted, np.repeat(np.arange(strings), items)
    )
