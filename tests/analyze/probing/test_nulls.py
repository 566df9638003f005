"""The max-statistic test by flipping groups."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from analyze.probing import nulls
from analyze.probing.nulls import flip_statistics, flipped_labels, group_flip_null, max_null
from tests.null import fixed_split
from warehouse.errors import InputError


def contrast(groups, layers=33, dim=24, planted=None, strength=1.2):
    """Noise with a right and a wrong row a group; at one layer the label moves one direction."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(layers, 2 * groups, dim)).astype(np.float32)
    first = rng.integers(0, 2, groups)
    y = np.stack([first, 1 - first], axis=1).ravel()
    if planted is not None:
        x[planted, :, 0] += strength * (2 * y - 1)
    return x, y, np.repeat(np.arange(groups), 2)


def test_a_planted_signal_is_found_at_its_layer_only():
    x, y, groups = contrast(60, planted=12)
    found = group_flip_null(x, y, groups, fixed_split(groups), seed=0)
    assert found.p_value == found.p_adjusted[12] == 1 / 200
    others = np.delete(found.p_adjusted, 12)
    assert others.min() > 0.05
    assert np.argmax(found.observed) == 12


def test_how_small_p_can_get_hangs_on_the_groups_held_out():
    x, y, groups = contrast(16, layers=3, dim=1, planted=1, strength=20)
    many = group_flip_null(x, y, groups, groups < 8, seed=0)
    assert many.p_value < 0.02 and many.floor == 1 / 200
    # A perfect probe, but one draw in eight agrees with the held-out groups by luck.
    three = group_flip_null(x, y, groups, groups < 13, seed=0)
    assert three.observed.max() == 1 and three.floor == 1 / 8
    assert three.p_value == pytest.approx(1 / 8, abs=0.06)


def test_fewer_than_eight_groups_are_no_test():
    x, y, groups = contrast(7, layers=3)
    found = group_flip_null(x, y, groups, groups < 4, seed=0)
    assert (found.p_value, found.p_adjusted, found.floor) == (None, None, None)
    assert "7 groups" in found.reason


def test_flips_take_whole_groups_and_start_from_the_labels():
    _, y, groups = contrast(20)
    vectors = flipped_labels(y, groups, groups < 15, seed=3, flips=50)
    assert vectors.shape == (51, 40)
    np.testing.assert_array_equal(vectors[0], y)
    flipped = (vectors ^ y).reshape(51, 20, 2)
    assert (flipped[..., 0] == flipped[..., 1]).all()
    assert 0.3 < flipped[1:].mean() < 0.7


def test_no_draw_leaves_a_side_with_one_class():
    groups = np.arange(8)
    y, train = np.array([0, 1, 0, 1, 0, 1, 0, 1]), groups < 5
    for vector in flipped_labels(y, groups, train, seed=0, flips=500):
        assert 0 < vector[train].sum() < 5 and 0 < vector[~train].sum() < 3
    with pytest.raises(InputError, match="one class only"):
        flipped_labels(y, groups, y == 1, seed=0)


def test_statistics_are_refitted_held_out_aurocs(monkeypatch):
    x, y, groups = contrast(15, layers=5, dim=6, planted=2)
    train = groups < 10
    vectors = flipped_labels(y, groups, train, seed=1, flips=6)
    # Two sites at a time.
    monkeypatch.setattr(nulls, "VALUES_BYTES", 4 * 7 * (30 + 6) * 2)
    found = flip_statistics(x, vectors, train, c=0.5)
    for site in range(5):
        scaler = StandardScaler().fit(x[site][train])
        z = scaler.transform(x[site].astype(float))
        for flip, labels in enumerate(vectors):
            probe = LogisticRegression(C=0.5, tol=1e-8).fit(z[train], labels[train])
            expected = roc_auc_score(labels[~train], probe.decision_function(z[~train]))
            assert found[site, flip] == pytest.approx(expected)


def test_adjusted_p_values_count_maxima_that_reach_the_statistic():
    statistics = np.array([[0.9, 0.5, 0.6, 0.9], [0.6, 0.7, 0.5, 0.4], [0.4, 0.5, 0.5, 0.5]])
    found = max_null(statistics, 10, 5, 0)
    np.testing.assert_allclose(found.largest, [0.7, 0.6, 0.9])
    np.testing.assert_allclose(found.p_adjusted, [2 / 4, 4 / 4, 4 / 4])
    assert found.p_value == 2 / 4
