"""Many ridge-penalised logistic regressions on shared features, to convergence.

One problem is: minimise sum_i log(1 + exp(-s_i (x_i'w + b))) + |w|^2 / (2 C), the objective of
scikit-learn's LogisticRegression divided by C. All label vectors of a site first share one
preconditioner; the few problems that it does not serve (separable ones, where the Hessian has
moved far from its bound) get their own, and what float32 cannot finish goes to float64.
"""

from __future__ import annotations

import torch
from torch import Tensor

from analyze.probing.descent import Sites, descend, inverse_hessian
from analyze.probing.newton import newton

# Steps with the shared preconditioner: at least these, or as many as cost half an own one.
SHARED_STEPS = 24
# Steps with each of up to ROUNDS own preconditioners.
OWN_STEPS = 6
ROUNDS = 6
# Bytes for the own preconditioners of the label vectors worked on together.
OWN_BYTES = 64 * 2**20


def minimise(features: Tensor, signs: Tensor, c: float, tolerance: float) -> tuple[Tensor, Tensor]:
    """Return weights [sites, flips, dim + 1], intercept last, and gradient norms [sites, flips].

    `features` [sites, rows, dim] (float32, centred), `signs` [flips, rows] of -1 and 1. A norm
    is that of the gradient of the objective above divided by the rows, in w and b; it is at
    most `tolerance` except where Newton's method in float64 could not reach that.
    """
    n_sites, rows, dim = features.shape
    x = torch.cat([features, features.new_ones(n_sites, rows, 1)], dim=2)
    penalty = x.new_full((dim + 1,), 1 / c)
    penalty[-1] = 0
    weights = x.new_zeros(n_sites, len(signs), dim + 1)
    norms = x.new_zeros(n_sites, len(signs))
    shared = Sites(x, inverse_hessian(x, penalty, None), penalty)
    descend(shared, signs, weights, norms, tolerance, max(SHARED_STEPS, dim // 4))
    for site in (norms > tolerance).any(dim=1).nonzero()[:, 0].tolist():
        here = x[site : site + 1]
        left = (norms[site] > tolerance).nonzero()[:, 0]
        for some in torch.split(left, max(1, OWN_BYTES // (4 * (dim + 1) ** 2))):
            solved, norm = _alone(here, signs[some], weights[site, some], penalty, tolerance)
            weights[site, some], norms[site, some] = solved, norm
    return weights, norms


def _alone(
    x: Tensor, signs: Tensor, weights: Tensor, penalty: Tensor, tolerance: float
) -> tuple[Tensor, Tensor]:
    """Return the weights [flips, dim + 1] and norms [flips] of one site's hard problems."""
    norms = x.new_full((len(weights),), torch.inf)
    for _ in range(ROUNDS):
        some = (norms > tolerance).nonzero()[:, 0]
        if len(some) == 0:
            return weights, norms
        w, norm = weights[some][None], norms[some][None]
        errors = torch.sigmoid(signs[some] * (w @ x.mT))
        own = inverse_hessian(x, penalty, errors - errors * errors)
        descend(Sites(x, own, penalty), signs[some], w, norm, tolerance, OWN_STEPS)
        weights[some], norms[some] = w[0], norm[0]
    some = (norms > tolerance).nonzero()[:, 0]
    if len(some):
        weights[some], norms[some] = newton(x[0], signs[some], weights[some], penalty, tolerance)
    return weights, norms
