"""How small a difference a comparison could have seen."""

from __future__ import annotations

from scipy import stats


def minimum_detectable_effect(std_error: float, n_clusters: int) -> float | None:
    """Return the difference found with 80% power by a two-sided test at .05, or None.

    (t_.975 + t_.80) times the clustered standard error, on clusters - 1 degrees of freedom:
    Bloom (1995), Evaluation Review 19, eq. 1. None where the standard error is 0 or absent.
    """
    if n_clusters < 2 or not std_error > 0:
        return None
    quantiles = stats.t.ppf([0.975, 0.80], n_clusters - 1)
    return float(quantiles.sum() * std_error)
