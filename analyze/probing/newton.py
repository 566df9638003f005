"""Newton's method for the few logistic regressions that conjugate gradients leave unfinished."""

from __future__ import annotations

import torch
from torch import Tensor

from analyze.probing.linesearch import line_search
from analyze.probing.standard import cholesky

STEPS = 100


def newton(
    x: Tensor, signs: Tensor, weights: Tensor, penalty: Tensor, tolerance: float
) -> tuple[Tensor, Tensor]:
    """Return weights [flips, dim + 1] and gradient norms [flips] of one site, from `weights`.

    `x` [rows, dim + 1] with a last column of ones, `signs` [flips, rows]; objective and norm as
    in `minimise`. All in float64; the result has the type of `x`. The steps along Newton's
    direction are searched, so the loss falls at each, also far from the minimum.
    """
    wide, s, w, pen = x.double(), signs.double(), weights.double(), penalty.double()
    losing = -s * (w @ wide.mT)
    errors = torch.sigmoid(losing)
    for _ in range(STEPS):
        gradient = pen * w - (s * errors) @ wide
        norms = gradient.norm(dim=-1) / len(x)
        if (norms <= tolerance).all():
            break
        direction = torch.stack(
            [_newton_direction(wide, e, pen, g) for e, g in zip(errors, gradient, strict=True)]
        )
        slope = (gradient * direction).sum(dim=-1, keepdim=True)
        pull = (pen * w * direction).sum(dim=-1, keepdim=True)
        bend = (pen * direction * direction).sum(dim=-1, keepdim=True)
        change = -s * (direction @ wide.mT)
        step = line_search(losing, errors, change, slope, pull, bend)
        w, losing, errors = w + step.length * direction, step.losing, step.errors
    return w.to(x.dtype), norms.to(x.dtype)


def _newton_direction(x: Tensor, errors: Tensor, penalty: Tensor, gradient: Tensor) -> Tensor:
    curvature = (errors - errors * errors)[:, None]
    hessian = (x * curvature).mT @ x + torch.diag(penalty)
    factor = cholesky(hessian, 1e-14)
    return -torch.cholesky_solve(gradient[:, None], factor)[:, 0]
