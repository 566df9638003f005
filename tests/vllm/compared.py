"""How far two engines' rows are apart, and the bounds that are promised."""

from __future__ import annotations

from collections.abc import Mapping

from generate.engines.base import Row

# float32 on both sides: natural-log units, and the share of equal greedy texts.
MOST_APART, LEAST_EQUAL = 1e-2, 0.95

_COUNTS = ("status", "prompt_tokens", "completion_tokens")


def require_equal_choices(what: str, ours: Mapping[str, Row], theirs: Mapping[str, Row]) -> None:
    """Print the greatest difference of a log-probability; fail where it is beyond the bound."""
    apart = 0.0
    for key, row in ours.items():
        assert [row[name] for name in _COUNTS] == [theirs[key][name] for name in _COUNTS]
        pairs = zip(row["choice_logprobs"], theirs[key]["choice_logprobs"], strict=True)
        apart = max([apart, *(abs(a - b) for a, b in pairs)])
    print(f"\n{what}: {len(ours)} choices, greatest difference {apart:.1e}")
    assert apart <= MOST_APART


def require_equal_texts(what: str, ours: Mapping[str, Row], theirs: Mapping[str, Row]) -> None:
    """Print how many greedy texts are the same; fail where they are too few."""
    fields = (*_COUNTS, "text", "finish_reason")
    equal = sum(
        [row[name] for name in fields] == [theirs[key][name] for name in fields]
        for key, row in ours.items()
    )
    words = sum(row["completion_tokens"] for row in ours.values())
    print(f"\n{what}: {equal} of {len(ours)} texts the same ({words} tokens)")
    assert equal >= LEAST_EQUAL * len(ours)
