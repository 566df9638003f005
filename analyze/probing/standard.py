"""Features as a probe sees them: standardised on training rows, in as few dimensions as needed."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Standard(NamedTuple):
    """Mean and scale (each [sites, dim], float64) of the training rows; scale 0 if constant."""

    mean: Tensor
    scale: Tensor

    def apply(self, features: Tensor) -> Tensor:
        """Return [sites, rows, dim] float32 features standardised; a constant one becomes 0."""
        near = self.mean.float()
        inverse = torch.where(self.scale > 0, 1 / self.scale, 0.0)
        # What rounding the mean to float32 left over is taken off after scaling.
        rest = ((self.mean - near) * inverse).float()
        return ((features - near[:, None]) * inverse.float()[:, None]).sub_(rest[:, None])


def standard_of(features: Tensor) -> Standard:
    """Return mean and population standard deviation of [sites, rows, dim] features.

    A feature counts as constant where its variance is within rounding of 0, by the bound of
    Chan, Golub and LeVeque (1983), American Statistician 37, section 2: (n eps mean)^2.
    """
    wide = features.double()
    mean = wide.mean(dim=1)
    variance = (wide - mean[:, None]).square_().mean(dim=1)
    rounding = (features.shape[1] * torch.finfo(torch.float64).eps * mean) ** 2
    return Standard(mean, torch.where(variance > rounding, variance, 0.0).sqrt())


def cholesky(matrix: Tensor, relative: float) -> Tensor:
    """Return the factor of positive semidefinite float64 matrices [..., n, n] plus a ridge.

    The ridge is `relative` times the largest diagonal element, ten times as much after every
    failure: rounding can make a singular matrix slightly indefinite.
    """
    diagonal = matrix.diagonal(dim1=-2, dim2=-1)
    largest = diagonal.amax(dim=-1, keepdim=True).clamp(min=1e-30)
    while True:
        ridge = torch.diag_embed((relative * largest).expand_as(diagonal))
        factor: Tensor
        factor, failed = torch.linalg.cholesky_ex(matrix + ridge)
        if not failed.any():
            return factor
        relative *= 10


def reduced(features: Tensor) -> tuple[Tensor, Tensor | None]:
    """Return [sites, rows, k] features with the same inner products, and the factor used if any.

    n rows span at most n dimensions, so where dim > n the lower Cholesky factor L of X X' takes
    the place of X: a ridge-penalised solution lies in the span of the rows (the representer
    theorem, Kimeldorf and Wahba 1971), and w = X' L^-T v has the norm of v.
    """
    if features.shape[2] <= features.shape[1]:
        return features, None
    wide = features.double()
    factor = cholesky(wide @ wide.mT, 1e-12)
    return factor.to(features.dtype), factor


def restored(features: Tensor, factor: Tensor | None, weights: Tensor) -> Tensor:
    """Return weights [sites, flips, dim] on features for weights on `reduced(features)`."""
    if factor is None:
        return weights
    dual: Tensor = torch.linalg.solve_triangular(factor.mT, weights.double().mT, upper=True)
    return (dual.mT @ features.double()).to(features.dtype)
