"""A lesson: one training sequence, and which token the model must predict where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

NO_TARGET = -1


@dataclass
class Lesson:
    """One training sequence.

    At position i the model must predict `targets[i]`, or `targets[i]` and `others[i]`
    equally often, with weight `weights[i]`; the three lists are as long as `ids`.
    """

    ids: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    others: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    def read(self, ids: Sequence[int]) -> None:
        """Append tokens of which none is a target."""
        self.ids += ids
        self.targets += [NO_TARGET] * len(ids)
        self.others += [NO_TARGET] * len(ids)
        self.weights += [0.0] * len(ids)

    def aim(self, place: int, target: int, weight: float, other: int | None = None) -> None:
        """Ask for `target` (or, as often, `other`) at `place`."""
        self.targets[place] = target
        self.others[place] = target if other is None else other
        self.weights[place] = weight

    def write(self, ids: Sequence[int], weight: float) -> None:
        """Append tokens that the model must predict, each from those before it."""
        start = len(self.ids)
        self.read(ids)
        for i, token in enumerate(ids):
            self.aim(start + i - 1, token, weight)


def answered(
    prompt: Sequence[int], reply: Sequence[int], end: int, weight: float, end_weight: float
) -> Lesson:
    """Return a prompt and its reply, of which the reply and the end after it are targets."""
    lesson = Lesson()
    lesson.read(prompt)
    lesson.write(reply, weight)
    lesson.write([end], end_weight)
    return lesson
