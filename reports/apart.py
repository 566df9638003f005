"""Places of names beside a chart, so that none is printed over another."""

from __future__ import annotations

from collections.abc import Sequence


def apart(values: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return sorted values moved as little as needed to lie `gap` apart, at best within bounds.

    Neighbours that meet form a block around their mean (pool adjacent violators on the values
    less their rank times the gap).
    """
    blocks: list[list[float]] = []
    for i, value in enumerate(values):
        blocks.append([value - i * gap])
        while len(blocks) > 1 and _mean(blocks[-2]) > _mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    bottoms = [_mean(block) for block in blocks for _ in block]
    # Too many names for the height run out at the bottom.
    ceiling = high - gap * (len(values) - 1)
    return [min(max(bottom, low), ceiling) + i * gap for i, bottom in enumerate(bottoms)]


def _mean(block: Sequence[float]) -> float:
    return sum(block) / len(block)
