"""The best step along a direction for many logistic losses at once."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

# Up to this much change of any margin Newton's first step leaves at most 11% of the slope.
QUADRATIC = 0.2
LEFT = 0.11
TRIES = 12


class Step(NamedTuple):
    """Length [..., 1], losing margins and errors there [..., rows], and whether it is good."""

    length: Tensor
    losing: Tensor
    errors: Tensor
    good: Tensor


def line_search(
    losing: Tensor, errors: Tensor, change: Tensor, slope: Tensor, pull: Tensor, bend: Tensor
) -> Step:
    """Return a step at which at most 11% of the loss's slope is left; not good if none is found.

    The loss at step t is sum log(1 + exp(losing + t change)) over rows, `losing` being margins
    with the other sign, plus a quadratic with derivative `pull` at 0 and second derivative
    `bend`; `slope` (negative) is its whole derivative at 0, `errors` are sigmoid(losing).
    Newton's method on the derivative, which is monotone, inside a bracket. A logistic loss has
    |f'''| <= R f'' with R = max |change| (Bach 2010, Electronic Journal of Statistics 4,
    section 2), so what a first step t leaves lies within (e^x - 1) / x - 1 of the slope with
    x = R t: at most 11% at x = .2, also where rounding hides it.
    """
    squares = change * change
    length = -slope / (_curvature(errors, squares) + bend)
    good = length.square() * squares.amax(dim=-1, keepdim=True) <= QUADRATIC**2
    low, high = torch.zeros_like(length), torch.full_like(length, torch.inf)
    for _ in range(TRIES):
        there = torch.addcmul(losing, length, change)
        errors = torch.sigmoid(there)
        if good.all():
            break
        left = pull + length * bend + (errors * change).sum(dim=-1, keepdim=True)
        good = good | (left.abs() <= LEFT * slope.abs())
        low, high = torch.where(left < 0, length, low), torch.where(left > 0, length, high)
        newton = length - left / (_curvature(errors, squares) + bend)
        middle = torch.where(high.isinf(), 2 * length, (low + high) / 2)
        inside = (newton > low) & (newton < high)
        length = torch.where(good, length, torch.where(inside, newton, middle))
    return Step(length, there, errors, good)


def _curvature(errors: Tensor, squares: Tensor) -> Tensor:
    return ((errors - errors * errors) * squares).sum(dim=-1, keepdim=True)
