"""Directions live in the space of the features as given."""

from __future__ import annotations

import numpy as np
import pytest

from analyze.probing.directions import mean_difference, probe_directions
from analyze.probing.logistic import fit_logistic
from warehouse.errors import InputError


def planted(sites=2, rows=400, dim=6):
    """Label moves feature 2 by 4; features differ in scale and offset."""
    rng = np.random.default_rng(0)
    y = np.arange(rows) % 2
    x = rng.normal(size=(sites, rows, dim))
    x[..., 2] += 4 * y
    scale = np.array([1.0, 10.0, 2.0, 0.1, 5.0, 0.0])
    train = np.stack([np.arange(rows) % 5 != k for k in range(5)])
    return (x * scale + 30).astype(np.float32), y, train


def test_mean_difference_is_the_difference_of_training_means():
    x, y, train = planted()
    found = mean_difference(x, train, y)
    rows = train[3]
    raw = x[1, rows & (y == 1)].mean(0) - x[1, rows & (y == 0)].mean(0)
    np.testing.assert_allclose(found.unit[1, 3] * found.length[1, 3], raw, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(found.unit, axis=-1), 1)
    projected = x[1, rows].astype(float) @ found.unit[1, 3]
    assert found.sigma[1, 3] == pytest.approx(projected.std())


def test_a_probes_direction_is_its_weights_over_the_scales():
    x, y, train = planted()
    fits = fit_logistic(x, train, np.stack([1 - y, y]))
    found = probe_directions(fits, x, train, flip=1)
    weights = fits.weights[0, 0, 1] / np.where(fits.scale[0, 0] > 0, fits.scale[0, 0], np.inf)
    np.testing.assert_allclose(found.unit[0, 0], weights / np.linalg.norm(weights), atol=1e-6)
    # Moving along it by sigma raises the decision value by length times sigma.
    moved = x[:, :1] + found.unit[:, 0] [:, None] * found.sigma[:, 0, None, None]  # fmt: skip
    original, intercepts = fits.original()
    rise = np.einsum("sd,snd->sn", original[:, 0, 1], moved - x[:, :1])[:, 0]
    np.testing.assert_allclose(rise, found.length[:, 0] * found.sigma[:, 0], rtol=1e-5)
    assert intercepts.shape == fits.intercepts.shape


def test_a_training_set_of_one_class_is_refused():
    x, y, train = planted()
    with pytest.raises(InputError, match="fold 0 has training rows of one class"):
        mean_difference(x, train & (y == 1), y)
