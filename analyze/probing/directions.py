"""Directions in the original feature space, one for every site and fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analyze.probing.logistic import Fits
from warehouse.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Directions:
    """Unit vectors [sites, folds, dim], their length before scaling, and sigma [sites, folds].

    `sigma` is the population standard deviation of the training rows' projections on the unit
    vector, in the unit of the features: a step of alpha sigma is alpha typical distances. A
    vector of length 0 stays 0.
    """

    unit: Floats
    length: Floats
    sigma: Floats


def mean_difference(features: ArrayLike, train: ArrayLike, labels: ArrayLike) -> Directions:
    """Return the mean of label 1 minus that of label 0 over training rows, scaled to length 1.

    `features` [sites, rows, dim], `train` [folds, rows] bool, `labels` [rows] of 0 and 1. The
    "mass mean" of Marks and Tegmark (2023), section 5. Raises InputError where a training set
    holds one class only.
    """
    x, masks, y = np.asarray(features), np.asarray(train, bool), np.asarray(labels) > 0
    weights = np.zeros(masks.shape)
    for fold, mask in enumerate(masks):
        ones, zeros = int((mask & y).sum()), int((mask & ~y).sum())
        if ones == 0 or zeros == 0:
            raise InputError(
                f"fold {fold} has training rows of one class only; a mean difference needs both"
            )
        weights[fold] = (mask & y) / ones - (mask & ~y) / zeros
    return _directions(np.stack([weights @ site.astype(float) for site in x]), x, masks)


def probe_directions(
    fits: Fits, features: ArrayLike, train: ArrayLike, flip: int = 0
) -> Directions:
    """Return the probes' weights on the original features, scaled to length 1.

    `features` and `train` are those that `fits` was made from; `flip` picks the label vector.
    """
    weights, _ = fits.original()
    return _directions(weights[:, :, flip], np.asarray(features), np.asarray(train, bool))


def _directions(raw: Floats, x: NDArray[np.floating], masks: NDArray[np.bool_]) -> Directions:
    length = np.linalg.norm(raw, axis=-1)
    unit = raw / np.where(length > 0, length, 1.0)[..., None]
    sigma = np.empty(length.shape)
    for site, rows in enumerate(x):
        projected = rows.astype(float) @ unit[site].T
        sigma[site] = [projected[mask, fold].std() for fold, mask in enumerate(masks)]
    return Directions(unit, length, sigma)
