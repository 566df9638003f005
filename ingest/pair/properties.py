"""The properties of an answer that hypothetical questions ask for: functions of its text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ingest.pair.words import ANSWERS


@dataclass(frozen=True)
class Property:
    """A function of the answer's text and the words that ask for it.

    `name` is the concept of its questions, `known_as` its name among the properties of replies.
    """

    name: str
    known_as: str
    asked: str
    of: Callable[[str], str]

    @property
    def values(self) -> tuple[str, ...]:
        """The eight values that the answers take, in order."""
        return tuple(sorted({self.of(answer) for answer in ANSWERS}))


PROPERTIES = (
    Property("first_letter", "first_character", "the first letter", lambda answer: answer[0]),
    Property("last_letter", "last_character", "the last letter", lambda answer: answer[-1]),
)
