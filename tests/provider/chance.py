"""Draws that are a function of their names: the same seed makes the same faults and replies."""

from __future__ import annotations

from hashlib import blake2b


def token(*names: object, length: int = 24) -> str:
    """Return hexadecimal digits that belong to the names."""
    text = "\x1f".join(map(str, names))
    return blake2b(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def uniform(*names: object) -> float:
    """Return the number in [0, 1) that belongs to the names."""
    return int(token(*names, length=13), 16) / 16**13


def count(share: float, total: int, *names: object) -> int:
    """Return how many of a total a share is, rounded up or down by chance.

    Always rounding up would strike a batch of one each time, and a client would never be done.
    """
    return int(share * total + uniform(*names))
