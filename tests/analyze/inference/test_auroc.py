"""Clustered AUROCs against brute force, scikit-learn and known truths."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from analyze.inference import auroc, aurocs


def ties_and_clusters(seed=0, rows=60):
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(size=(3, rows)), 1)
    return values, rng.integers(0, 2, rows), rng.integers(0, 9, rows)


def test_auroc_counts_ties_one_half():
    values, labels, _ = ties_and_clusters()
    expected = [roc_auc_score(labels, row) for row in values]
    np.testing.assert_allclose(auroc(values, labels), expected)
    np.testing.assert_allclose(auroc(values, np.stack([labels, 1 - labels, labels])),
                               [expected[0], 1 - expected[1], expected[2]])  # fmt: skip
    assert np.isnan(auroc([1.0, 2.0], [1, 1]))


def by_pairs(values, labels, folds):
    right, pairs = 0.0, 0
    for one in np.flatnonzero(labels == 1):
        for zero in np.flatnonzero((labels == 0) & (folds == folds[one])):
            pairs += 1
            right += (values[one] > values[zero]) + 0.5 * (values[one] == values[zero])
    return right / pairs


@pytest.mark.parametrize("folds", [1, 3])
def test_the_variance_is_the_delete_one_cluster_jackknife(folds):
    values, labels, clusters = ties_and_clusters(1)
    fold = clusters % folds
    found = aurocs(values, labels, clusters, fold)
    for site in range(3):
        whole = by_pairs(values[site], labels, fold)
        without = [
            by_pairs(values[site][kept], labels[kept], fold[kept])
            for kept in (clusters != c for c in range(9))
        ]
        variance = 8 / 9 * ((np.array(without) - whole) ** 2).sum()
        assert found.value[site] == pytest.approx(whole)
        assert found.estimates()[site].std_error ** 2 == pytest.approx(variance)


def test_rows_of_different_folds_are_never_compared():
    # Perfect inside each fold; one fold's probe puts everything higher.
    labels, fold = np.array([0, 1] * 10), np.repeat([0, 1], 10)
    values = labels + 10.0 * fold
    assert aurocs(values[None], labels, np.arange(20) // 2, fold).value[0] == 1
    assert auroc(values, labels) == 0.75


def test_an_auroc_of_one_has_an_interval_that_narrows_with_clusters():
    low = []
    for clusters in (10, 40, 160):
        labels = np.tile([0, 1], clusters)
        (found,) = aurocs(labels[None] + 0.0, labels, np.arange(2 * clusters) // 2).estimates()
        assert found.value == found.high == 1 and found.std_error == 0
        assert "Wilson" in found.method and found.below_coverage_rule
        low.append(found.low)
    assert 0.6 < low[0] < low[1] < low[2] < 0.99
    # Clusters of one class only: as many as the rarer class has.
    labels = np.repeat([1, 0], [5, 35])
    (found,) = aurocs(labels[None] + 0.0, labels, np.arange(40)).estimates()
    assert found.low < 0.6


@pytest.mark.parametrize(
    ("labels", "clusters", "reason"),
    [
        ([1, 1, 1, 1], [0, 1, 2, 3], "no fold holds rows of both classes"),
        ([0, 1, 0, 1], [0, 0, 0, 0], "one cluster has no interval"),
        ([1, 1, 0, 0], [0, 0, 1, 2], "without one of the clusters"),
    ],
)
def test_what_has_no_interval_says_why(labels, clusters, reason):
    (found,) = aurocs(np.arange(4.0)[None], labels, clusters).estimates()
    assert (found.low, found.high, found.std_error) == (None, None, None)
    assert reason in found.reason
    assert (found.value is None) == (sum(labels) == 4)


def test_rows_in_a_fold_of_one_class_are_left_out():
    labels, folds = [0, 1, 0, 1, 1, 1], [0, 0, 0, 0, 1, 1]
    (found,) = aurocs(np.arange(6.0)[None], labels, [0, 0, 1, 1, 2, 2], folds).estimates()
    assert (found.n, found.n_clusters, found.value) == (4, 2, 0.75)


def binormal(rng, sites, clusters, pairs, truth, icc):
    """Values of which a row of label 1 beats one of label 0 with this probability."""
    labels = np.tile([0, 1], clusters * pairs)
    owner = np.repeat(np.arange(clusters), 2 * pairs)
    noise = np.sqrt(icc) * rng.normal(size=(sites, clusters))[:, owner]
    noise += np.sqrt(1 - icc) * rng.normal(size=(sites, len(labels)))
    return noise + norm.ppf(truth) * np.sqrt(2) * labels, labels, owner


@pytest.mark.parametrize("clusters", [10, 20, 40, 100])
@pytest.mark.parametrize("truth", [0.5, 0.7, 0.9, 0.97])
@pytest.mark.parametrize("folds", [1, 5])
def test_intervals_cover(clusters, truth, folds):
    rng = np.random.default_rng(0)
    values, labels, owner = binormal(rng, 600, clusters, 1, truth, 0.0)
    found = aurocs(values, labels, owner, owner % folds).intervals()
    # 600 data sets: two standard errors below .93.
    assert ((found.low <= truth) & (truth <= found.high)).mean() > 0.91
