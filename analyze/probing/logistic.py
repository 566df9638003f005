"""L2 logistic regression for every site, fold and label vector at once, to convergence.

The objective is that of scikit-learn's LogisticRegression: C times the summed log-loss plus
|w|^2 / 2, intercept unpenalised, on features standardised with the training rows' mean and
population standard deviation of the same site and fold.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from analyze.probing.solver import minimise
from analyze.probing.standard import reduced, restored, standard_of
from warehouse.errors import InputError

Floats32 = NDArray[np.float32]
Floats = NDArray[np.float64]
# Norm of the mean objective's gradient; scikit-learn stops at 1e-4.
TOLERANCE = 1e-6
# How far above its least value the mean objective may be, as that norm vouches for.
EXCESS = 1e-8
# A fold's temporaries fit a processor's cache, or a small part of a GPU's memory.
CPU_BYTES = 4 * 2**20
CUDA_BYTES = 2 * 2**30
VALUES_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Fits:
    """Solved probes; axes are sites, folds, flips (label vectors), then dim or rows.

    `weights` act on standardised features; `values` = weights' features + intercept on all
    rows, positive for label 1. `gradient` is the norm at which each problem stopped.
    """

    weights: Floats32
    intercepts: Floats32
    values: Floats32
    mean: Floats
    scale: Floats
    gradient: Floats32

    def original(self) -> tuple[Floats, Floats]:
        """Return weights and intercepts that act on the features as they were given."""
        inverse = np.divide(1.0, self.scale, out=np.zeros_like(self.scale), where=self.scale > 0)
        weights = self.weights.astype(float) * inverse[:, :, None]
        shift = np.einsum("skfd,skd->skf", weights, self.mean)
        return weights, self.intercepts.astype(float) - shift


def fit_logistic(
    features: ArrayLike | Tensor,
    train: ArrayLike,
    labels: ArrayLike,
    *,
    c: float = 1.0,
    device: str = "cpu",
) -> Fits:
    """Return one probe for every site, fold and label vector.

    `features` [sites, rows, dim], `train` [folds, rows] bool, `labels` [flips, rows] of 0 and 1
    (only training rows are looked at). Each problem stops where the gradient's norm g, of the
    objective over C times its rows, is at most 1e-6 and C rows g^2 / 2 at most 1e-8, which
    bounds what that objective has above its least value (it is strongly convex in w with 1 /
    (C rows): Nesterov 2004, theorem 2.1.10). Works in chunks of sites of a few MB on a CPU (but
    one site at least), 2 GB on a GPU. Raises InputError where a training set holds one class
    only, features are not finite, or a problem does not converge.
    """
    x, masks, signs = _checked(features, train, labels, c)
    n_sites, rows, dim = x.shape
    shape = (n_sites, len(masks), len(signs))
    fits = Fits(
        np.empty((*shape, dim), np.float32),
        np.empty(shape, np.float32),
        np.empty((*shape, rows), np.float32),
        np.empty((*shape[:2], dim)),
        np.empty((*shape[:2], dim)),
        np.empty(shape, np.float32),
    )
    for sites in _chunks(n_sites, rows, dim, len(signs), device):
        chunk = _as_tensor(x[sites], device)
        if not torch.isfinite(chunk).all():
            raise InputError("features hold NaN or infinity; leave those rows or sites out")
        for fold, mask in enumerate(masks):
            kept = mask.nonzero()[:, 0].to(device)
            _fit(chunk, kept, signs.to(device), c, fits, (sites, fold))
    return fits


def cross_validated_values(
    features: ArrayLike | Tensor,
    train: ArrayLike,
    held_out: ArrayLike,
    labels: ArrayLike,
    *,
    c: float = 1.0,
    device: str = "cpu",
) -> Floats32:
    """Return each row's decision value by the probe of the fold that holds it out.

    Arguments as in `fit_logistic`; `held_out` [folds, rows] is true at most once in a column.
    The result [sites, flips, rows] is NaN for rows that no fold holds out.
    """
    x = features if isinstance(features, Tensor) else np.asarray(features)
    out, flips = np.asarray(held_out, bool), len(np.asarray(labels))
    found = np.full((len(x), flips, x.shape[1]), np.nan, np.float32)
    step = max(1, VALUES_BYTES // (4 * len(out) * flips * (x.shape[1] + x.shape[2])))
    for start in range(0, len(x), step):
        sites = slice(start, start + step)
        values = fit_logistic(x[sites], train, labels, c=c, device=device).values
        for fold, rows in enumerate(out):
            found[sites][..., rows] = values[:, fold][..., rows]
    return found


def _as_tensor(features: NDArray[np.floating] | Tensor, device: str) -> Tensor:
    """Return a chunk as float32 on the device; arrays are copied, as they may be read-only."""
    if isinstance(features, Tensor):
        return features.to(device, torch.float32)
    return torch.tensor(features, dtype=torch.float32, device=device)


def _chunks(sites: int, rows: int, dim: int, flips: int, device: str) -> Iterator[slice]:
    # Features three times, their coordinates, and six arrays a row and flip, in float32.
    width = min(rows, dim)
    size = 4 * (rows * (3 * dim + width) + 6 * flips * (rows + width))
    step = max(1, (CUDA_BYTES if device.startswith("cuda") else CPU_BYTES) // size)
    for start in range(0, sites, step):
        yield slice(start, min(sites, start + step))


def _checked(
    features: ArrayLike | Tensor, train: ArrayLike, labels: ArrayLike, c: float
) -> tuple[NDArray[np.floating] | Tensor, Tensor, Tensor]:
    x = features if isinstance(features, Tensor) else np.asarray(features)
    masks, marks = np.asarray(train, bool), np.asarray(labels) > 0
    if x.ndim != 3 or any(m.ndim != 2 or m.shape[1] != x.shape[1] for m in (masks, marks)):
        raise InputError(
            f"features {tuple(x.shape)}, training masks {masks.shape} and labels {marks.shape} "
            "must be (sites, rows, dim), (folds, rows) and (flips, rows)"
        )
    if not c > 0:
        raise InputError(f"C is {c:g}; choose one above 0")
    positive, sizes = masks.astype(int) @ marks.T.astype(int), masks.sum(axis=1)[:, None]
    if ((positive == 0) | (positive == sizes)).any():
        fold, flip = np.argwhere((positive == 0) | (positive == sizes))[0]
        raise InputError(
            f"label vector {flip} has one class only in the training rows of fold {fold}; "
            "a probe needs both"
        )
    return x, torch.as_tensor(masks), torch.as_tensor(np.where(marks, 1.0, -1.0)).float()


def _fit(
    x: Tensor, kept: Tensor, signs: Tensor, c: float, fits: Fits, place: tuple[slice, int]
) -> None:
    """Solve a chunk of sites [sites, rows, dim] in one fold with training rows `kept`."""
    standard = standard_of(x.index_select(1, kept))
    scaled = standard.apply(x)
    trained = scaled.index_select(1, kept)
    coordinates, factor = reduced(trained)
    tolerance = min(TOLERANCE, math.sqrt(2 * EXCESS / (c * len(kept))))
    solved, norms = minimise(coordinates, signs[:, kept], c, tolerance)
    if not (norms <= tolerance).all():
        raise InputError(f"{_first(norms, tolerance, place)} did not converge; choose a smaller C")
    weights, intercepts = restored(trained, factor, solved[..., :-1]), solved[..., -1]
    fits.weights[place] = weights.cpu().numpy()
    fits.intercepts[place] = intercepts.cpu().numpy()
    fits.values[place] = (weights @ scaled.mT + intercepts[..., None]).cpu().numpy()
    fits.mean[place] = standard.mean.cpu().numpy()
    fits.scale[place] = standard.scale.cpu().numpy()
    fits.gradient[place] = norms.cpu().numpy()


def _first(norms: Tensor, tolerance: float, place: tuple[slice, int]) -> str:
    site, flip = (~(norms <= tolerance)).nonzero()[0].tolist()
    return f"the probe of site {place[0].start + site}, fold {place[1]}, label vector {flip}"
