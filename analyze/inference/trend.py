"""A dose-response curve against those of control directions steered by the same steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analyze.inference.clusters import Floats


@dataclass(frozen=True)
class Trend:
    """A curve among those of `m` controls.

    `slope` is the change of the outcome a dose, `p_slope` its one-sided rank among the controls'
    slopes. `distance` is the greatest of the standardised distances from the controls' mean over
    the doses, `p_distance` its rank among theirs. `low` and `high`, an element a dose, are the
    band that 95% of the controls' curves stay within as a whole.
    """

    slope: float
    p_slope: float
    distance: float
    p_distance: float
    low: Floats
    high: Floats
    m: int


def slopes(doses: ArrayLike, curves: ArrayLike) -> Floats:
    """Return the least-squares slopes through the origin of curves [..., doses].

    Curves are changes from the unsteered model, so at dose 0 all of them are 0.
    """
    d = np.asarray(doses, float)
    return np.asarray((np.asarray(curves, float) * d).sum(-1) / (d * d).sum())


def trend(doses: ArrayLike, curve: ArrayLike, controls: ArrayLike) -> Trend:
    """Return where a curve [doses] stands among those of controls [m, doses], at least two.

    A sampled permutation's p-value is (b + 1) / (m + 1), b being the controls at least as
    extreme (Phipson and Smyth 2010, section 3). The statistic over doses is the greatest, so it
    holds for all of them together (Westfall and Young 1993, section 2).
    """
    own, others = np.asarray(curve, float), np.asarray(controls, float)
    m = len(others)
    slope = float(slopes(doses, own))
    centre, spread = others.mean(0), others.std(0, ddof=1)
    spread = np.where(spread > 0, spread, np.finfo(float).tiny)
    distance = float((np.abs(own - centre) / spread).max())
    distances = (np.abs(others - centre) / spread).max(-1)
    reach = float(np.quantile(distances, 0.95, method="higher"))
    return Trend(
        slope=slope,
        p_slope=_rank(slope, slopes(doses, others)),
        distance=distance,
        p_distance=_rank(distance, distances),
        low=centre - reach * spread,
        high=centre + reach * spread,
        m=m,
    )


def _rank(value: float, others: Floats) -> float:
    return float(((others >= value).sum() + 1) / (len(others) + 1))
