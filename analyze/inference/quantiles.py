"""Quantiles that many intervals share."""

from __future__ import annotations

from functools import lru_cache

from scipy import stats


@lru_cache(maxsize=4096)
def t_quantile(level: float, df: float) -> float:
    """Return the quantile that cuts off a two-sided interval of this level (Student 1908)."""
    return float(stats.t.ppf((1 + level) / 2, df))
