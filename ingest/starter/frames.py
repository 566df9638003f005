"""What a scenario frame is and where its two option texts come from.

A frame is a small situation with slots. It is told in setups and followed by an ask; the
setups and asks used for test wordings are disjoint from those used for training wordings.
Each pair of setups names the right option first once and the wrong option first once (or
neither at all), and no ask names an option, so that "the option mentioned first" and "the
option mentioned more often" are never a hint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

Candidate = tuple[str, str, Mapping[str, str]]


class Options(Protocol):
    """A source of option texts."""

    def candidates(self, rng: Random) -> Iterator[Candidate]:
        """Yield (right, wrong, further slots) in random order."""
        ...


@dataclass(frozen=True)
class Phrases:
    """Two texts built alike, from the same two word lists, with no list word in common."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    joined: str = "{} {}"

    def candidates(self, rng: Random) -> Iterator[Candidate]:
        """Yield pairs without end; the same words serve right and wrong options alike."""
        while True:
            heads, tails = rng.sample(self.first, 2), rng.sample(self.second, 2)
            yield (
                self.joined.format(heads[0], tails[0]),
                self.joined.format(heads[1], tails[1]),
                {},
            )


@dataclass(frozen=True)
class Paired:
    """Texts of which a given side is right, such as what is possible and what is not."""

    pairs: tuple[tuple[str, str], ...]

    def candidates(self, rng: Random) -> Iterator[Candidate]:
        """Yield every (right, wrong) pair once, in random order."""
        for right, wrong in rng.sample(self.pairs, len(self.pairs)):
            yield right, wrong, {}


@dataclass(frozen=True)
class Frame:
    """A situation; each family of it fills the slots `{a}`, `{b}`, `{thing}`, `{R}`, `{W}`.

    `{a}` and `{b}` are people, `{R}` and `{W}` the right and the wrong option text. A key of
    `slots` may name several slots, which are then filled from one tuple of the pool.
    """

    name: str
    options: Options
    test_setups: tuple[str, str]
    test_asks: tuple[str, str]
    train_setups: tuple[str, str]
    train_asks: tuple[str, str, str, str]
    statements: tuple[str, str, str, str]
    slots: Mapping[str, tuple[str | tuple[str, ...], ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Concept:
    """A concept and the frames that realise its functional definition."""

    name: str
    frames: tuple[Frame, ...]
