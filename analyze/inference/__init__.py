"""Estimates, intervals and tests for clustered data, from sums over clusters.

Every function takes one number per cluster (the sum of its questions' values) and, where a
mean is estimated, how many questions the cluster has. Nothing here reads a lake, and nothing
needs more than NumPy and SciPy.
"""

from analyze.inference.adjust import benjamini_hochberg, holm, holm_levels
from analyze.inference.clusters import cluster_sums
from analyze.inference.estimate import Estimate, Test
from analyze.inference.joint import joint_sign_flip
from analyze.inference.macro import macro_mean, macro_proportion
from analyze.inference.mcnemar import mcnemar_mid_p
from analyze.inference.means import difference, mean
from analyze.inference.power import minimum_detectable_effect
from analyze.inference.proportion import proportion, wilson
from analyze.inference.signflip import sign_flip

__all__ = [
    "Estimate",
    "Test",
    "benjamini_hochberg",
    "cluster_sums",
    "difference",
    "holm",
    "holm_levels",
    "joint_sign_flip",
    "macro_mean",
    "macro_proportion",
    "mcnemar_mid_p",
    "mean",
    "minimum_detectable_effect",
    "proportion",
    "sign_flip",
    "wilson",
]
