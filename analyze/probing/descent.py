"""Preconditioned conjugate gradients for a batch of logistic regressions on shared features."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from analyze.probing.linesearch import line_search
from analyze.probing.standard import cholesky

# A batch is cut down when at most this share of its label vectors, or half its sites, move.
CROWDED = 0.75
# Added to a preconditioner, relative to its diagonal: the rounding of a float32 product.
ROUNDING = 1e-6


class Sites(NamedTuple):
    """Features [sites, rows, dim + 1], the last a one, and the penalty [dim + 1] on weights.

    `inverse` [sites, 1 or flips, dim + 1, dim + 1] is that of a Hessian: one for all label
    vectors of a site, or one each.
    """

    x: Tensor
    inverse: Tensor
    penalty: Tensor


class Problems(NamedTuple):
    """Problems [sites, flips, ...]: the current point, and what conjugacy needs of the last.

    `against` are the labels as signs, reversed; `losing` the margins, reversed; `errors` their
    sigmoid; `energy` the last gradient's g'Pg.
    """

    number: Tensor
    moving: Tensor
    against: Tensor
    losing: Tensor
    errors: Tensor
    weights: Tensor
    gradient: Tensor
    earlier: Tensor
    direction: Tensor
    energy: Tensor


def inverse_hessian(x: Tensor, penalty: Tensor, curvature: Tensor | None) -> Tensor:
    """Return `Sites.inverse` for Hessians X' diag(curvature) X + penalty; None means 1/4 for all.

    `curvature` [sites, flips, rows]. Weights of 1/4 bound the Hessian of a logistic loss from
    above (Boehning and Lindsay 1988, Annals of the Institute of Statistical Mathematics 40).
    """
    if curvature is None:
        hessian = ((x.mT @ x) / 4)[:, None]
    else:
        hessian = torch.stack(
            [(x * weight[..., None]).mT @ x for weight in curvature.unbind(1)], dim=1
        )
    factor = cholesky(hessian.double() + torch.diag(penalty.double()), ROUNDING)
    return torch.cholesky_inverse(factor).to(x.dtype)


def descend(
    sites: Sites, signs: Tensor, weights: Tensor, norms: Tensor, tolerance: float, steps: int
) -> None:
    """Move `weights` [sites, flips, dim + 1] in place until converged or out of steps.

    `signs` [flips, rows]; `norms` [sites, flips] receives the norm of each gradient over rows.
    Polak and Ribiere's (1969) conjugate gradients, restarted where their coefficient is below
    0, on the preconditioned problem: two matrix products a step for all problems of a site.
    """
    now = _start(sites, signs, weights)
    place = (torch.arange(len(sites.x), device=signs.device)[:, None], now.number)
    for step in range(steps + 1):
        norm = now.gradient.norm(dim=-1) / sites.x.shape[1]
        norms[place] = torch.where(now.moving, norm, norms[place])
        now = now._replace(moving=now.moving & (norm > tolerance))
        counts = now.moving.sum(dim=1).tolist()
        if step == steps or not any(counts):
            break
        if sites.inverse.shape[1] == 1 and _sparse(counts, now.moving.shape[1]):
            weights[place] = now.weights
            kept = now.moving.any(dim=1)
            sites, now = _without_finished(sites, now, kept, max(counts))
            place = (place[0][kept], now.number)
        now = _step(sites, now)
    weights[place] = now.weights


def _start(sites: Sites, signs: Tensor, weights: Tensor) -> Problems:
    x, (n_sites, n_flips) = sites.x, weights.shape[:2]
    against = -signs.expand(n_sites, -1, -1)
    losing = torch.zeros(against.shape, dtype=x.dtype, device=x.device)
    if weights.any():
        losing = against * (weights @ x.mT)
    errors = torch.sigmoid(losing)
    return Problems(
        torch.arange(n_flips, device=x.device).expand(n_sites, -1),
        torch.ones(n_sites, n_flips, dtype=torch.bool, device=x.device),
        against,
        losing,
        errors,
        weights.clone(),
        torch.addcmul((against * errors) @ x, sites.penalty, weights),
        torch.zeros_like(weights),
        torch.zeros_like(weights),
        x.new_full((n_sites, n_flips, 1), torch.inf),
    )


def _sparse(counts: list[int], flips: int) -> bool:
    live = sum(count > 0 for count in counts)
    return max(counts) <= CROWDED * flips or 2 * live <= len(counts)


def _without_finished(
    sites: Sites, now: Problems, kept: Tensor, most: int
) -> tuple[Sites, Problems]:
    order = torch.argsort(now.moving[kept].int(), dim=1, descending=True, stable=True)
    places = (torch.arange(len(order), device=order.device)[:, None], order[:, :most])
    if not kept.all():
        sites = sites._replace(x=sites.x[kept], inverse=sites.inverse[kept])
    return sites, Problems(*(part[kept][places] for part in now))


def _step(sites: Sites, now: Problems) -> Problems:
    downhill = -_preconditioned(sites.inverse, now.gradient)
    energy = -_dot(now.gradient, downhill)
    conjugate = (_dot(now.earlier - now.gradient, downhill) / now.energy).clamp_(min=0)
    direction = torch.addcmul(downhill, conjugate, now.direction)
    slope = _dot(now.gradient, direction)
    falls = slope < 0
    direction = torch.where(falls, direction, downhill)
    slope = torch.where(falls, slope, -energy)
    change = now.against * (direction @ sites.x.mT)
    weighed = sites.penalty * direction
    pull, bend = _dot(now.weights, weighed), _dot(direction, weighed)
    step = line_search(now.losing, now.errors, change, slope, pull, bend)
    moving = now.moving & step.good[..., 0]
    weights = torch.addcmul(now.weights, step.length * moving[..., None], direction)
    return now._replace(
        moving=moving,
        losing=step.losing,
        errors=step.errors,
        weights=weights,
        gradient=torch.addcmul((now.against * step.errors) @ sites.x, sites.penalty, weights),
        earlier=now.gradient,
        direction=direction,
        energy=energy,
    )


def _preconditioned(inverse: Tensor, gradient: Tensor) -> Tensor:
    if inverse.shape[1] == 1:
        return gradient @ inverse[:, 0]
    return (gradient[:, :, None] @ inverse)[:, :, 0]


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum(dim=-1, keepdim=True)
