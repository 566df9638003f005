"""The simplest shape of a layer profile that its simultaneous band allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analyze.inference.clusters import Floats

ShapeName = Literal["flat", "rising", "falling", "hump", "dip", "oscillating"]


@dataclass(frozen=True)
class Shape:
    """A profile's shape and the relative depth of its peak: 0 the first layer, 1 the last.

    From `peak_low` to `peak_high` the band allows the highest value.
    """

    name: ShapeName
    peak: float
    peak_low: float
    peak_high: float


def profile_shape(values: ArrayLike, low: ArrayLike, high: ArrayLike) -> Shape:
    """Return the first of these of which some curve lies in the band at every layer.

    `values`, `low`, `high` [layers] in order of depth, the band holding at all layers together.
    Flat: a constant. Rising or falling: a monotone curve. Hump: one that rises and then falls;
    dip: the other way. Else oscillating. No band excludes all earlier shapes and allows two of
    the later: where it forces a rise and a fall, it forces their order. As the band covers the
    true profile, a more complicated shape than the true one is named at most at its error rate.
    """
    v, bottom, top = (np.asarray(part, float) for part in (values, low, high))
    last = max(1, len(v) - 1)
    possible = np.flatnonzero(top >= bottom.max())
    peak = int(np.argmax(v)) / last
    return Shape(_name(bottom, top), peak, possible[0] / last, possible[-1] / last)


def _name(low: Floats, high: Floats) -> ShapeName:
    if low.max() <= high.min():
        return "flat"
    rises, falls = _rises(low, high), _rises(-high, -low)
    if rises[-1]:
        return "rising"
    if falls[-1]:
        return "falling"
    hump = bool((rises & _rises(low[::-1], high[::-1])[::-1]).any())
    dip = bool((falls & _rises(-high[::-1], -low[::-1])[::-1]).any())
    return "hump" if hump else "dip" if dip else "oscillating"


def _rises(low: Floats, high: Floats) -> NDArray[np.bool_]:
    """Return for each layer whether a curve that never falls fits up to and including it."""
    return np.logical_and.accumulate(np.maximum.accumulate(low) <= high)
