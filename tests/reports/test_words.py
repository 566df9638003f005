"""Numbers as the page shows them."""

from __future__ import annotations

import pytest

from reports.words import percent, with_interval


@pytest.mark.parametrize(
    ("share", "said"),
    [(1.0, "100%"), (0.9969, "99.7%"), (0.99999, ">99.9%"), (0.994, "99%"), (0.5, "50%"),
     (0.004, "0.4%"), (0.00001, "<0.1%"), (0.0, "0%")],
)  # fmt: skip
def test_only_all_reads_100_and_only_none_reads_0(share: float, said: str) -> None:
    assert percent(share) == said


def test_ends_of_intervals_keep_the_same_rule() -> None:
    row = {"estimate": 1.0, "ci_low": 0.003, "ci_high": 0.998}
    assert with_interval(row, "share") == "100% [0.3, 99.8]"
