"""Bands hold at all sites together."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from test_auroc import binormal

from analyze.inference import aurocs, simultaneous_level


def profile(seed, clusters, truth=0.7, sites=33):
    """Correlated sites: half of every value is the same noise at all of them."""
    rng = np.random.default_rng(seed)
    values, labels, owner = binormal(rng, sites, clusters, 2, truth, 0.3)
    values[:, :] += rng.normal(size=values.shape[1])
    return aurocs(values, labels, owner)


@pytest.mark.parametrize("clusters", [10, 40])
def test_a_band_covers_all_sites_at_once_where_single_intervals_do_not(clusters):
    # The noise shared by all sites adds as much variance again.
    truth = stats.norm.cdf(stats.norm.ppf(0.7) / np.sqrt(2))
    held = np.zeros(2, int)
    for seed in range(80):
        found = profile(seed, clusters)
        level = simultaneous_level(found.influence, found.df, seed)
        parts = [found.intervals(), found.intervals(level)]
        held += [bool(((part.low <= truth) & (truth <= part.high)).all()) for part in parts]
    # 95% of 80 is 76, with a standard error of 2.
    assert held[0] < 60 and held[1] >= 71


def test_the_level_lies_between_one_interval_and_bonferroni():
    found = profile(0, 20)
    level = simultaneous_level(found.influence, found.df, 0)
    assert 0.95 < level <= 1 - 0.05 / 33
    alike = np.repeat(found.influence[:1], 33, axis=0)
    assert simultaneous_level(alike, found.df, 0) == pytest.approx(0.95, abs=0.01)


def test_sites_without_variance_do_not_count():
    found = profile(0, 20, sites=3)
    wider = np.concatenate([found.influence, np.zeros((5, 20))])
    assert simultaneous_level(wider, found.df, 1) == simultaneous_level(
        found.influence, found.df, 1
    )
    assert simultaneous_level(np.zeros((5, 20)), 19.0, 0) == 0.95
    assert simultaneous_level(found.influence[:1], 19.0, 0) == 0.95


def test_a_seed_gives_the_same_level():
    found = profile(3, 30)
    one, again, other = (simultaneous_level(found.influence, found.df, s) for s in (1, 1, 2))
    assert one == again != other
