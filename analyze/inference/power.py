"""How small a difference a comparison could have seen."""

from __future__ import annotations

from analyze.inference.quantiles import t_quantile


def minimum_detectable_effect(std_error: float | None, df: float | None) -> float | None:
    """Return the difference found with 80% power by a two-sided test at .05, or None.

    (t_.975 + t_.80) times the clustered standard error, on the estimate's degrees of freedom:
    Bloom (1995), Evaluation Review 19, eq. 1. None where the standard error is 0 or absent.
    """
    if df is None or not std_error:
        return None
    # The .80 quantile is the one that cuts off a two-sided interval of level .60.
    return (t_quantile(0.95, df) + t_quantile(0.60, df)) * std_error
