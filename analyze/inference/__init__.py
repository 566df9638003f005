"""Estimates, intervals and tests for clustered data, from sums over clusters.

Most functions take one number per cluster (the sum of its questions' values) and, where a mean
is estimated, how many questions the cluster has; AUROCs take rows with the cluster of each.
Nothing here reads a lake, and nothing needs more than NumPy and SciPy.
"""

from analyze.inference.adjust import benjamini_hochberg, holm, holm_levels
from analyze.inference.auroc import Aurocs, auroc, aurocs
from analyze.inference.band import simultaneous_level
from analyze.inference.clusters import cluster_sums
from analyze.inference.estimate import Estimate, Intervals, Test, below_coverage_limit
from analyze.inference.joint import joint_sign_flip
from analyze.inference.macro import (
    macro_difference,
    macro_difference_intervals,
    macro_proportion,
    macro_proportion_intervals,
)
from analyze.inference.mcnemar import mcnemar_mid_p
from analyze.inference.means import difference, difference_intervals, mean, mean_intervals
from analyze.inference.power import minimum_detectable_effect
from analyze.inference.proportion import proportion, proportion_intervals, wilson
from analyze.inference.scoretest import score_p_values, score_test
from analyze.inference.signflip import sign_flip

__all__ = [
    "Aurocs",
    "Estimate",
    "Intervals",
    "Test",
    "auroc",
    "aurocs",
    "below_coverage_limit",
    "benjamini_hochberg",
    "cluster_sums",
    "difference",
    "difference_intervals",
    "holm",
    "holm_levels",
    "joint_sign_flip",
    "macro_difference",
    "macro_difference_intervals",
    "macro_proportion",
    "macro_proportion_intervals",
    "mcnemar_mid_p",
    "mean",
    "mean_intervals",
    "minimum_detectable_effect",
    "proportion",
    "proportion_intervals",
    "score_p_values",
    "score_test",
    "sign_flip",
    "simultaneous_level",
    "wilson",
]
