"""McNemar's test for paired right and wrong answers."""

from __future__ import annotations

from scipy import stats


def mcnemar_mid_p(first_only: int, second_only: int) -> float:
    """Return the two-sided mid-p value of McNemar's exact conditional test.

    Right only when every question is its own cluster. Fagerland, Lydersen and Laake (2013),
    BMC Medical Research Methodology 13:91, section "The McNemar mid-p test": twice the
    probability of fewer than min(b, c) successes in b + c fair flips plus half of min(b, c).
    """
    total, fewer = first_only + second_only, min(first_only, second_only)
    if total == 0:
        return 1.0
    below = stats.binom.cdf(fewer, total, 0.5)
    return min(1.0, float(2 * below - stats.binom.pmf(fewer, total, 0.5)))
