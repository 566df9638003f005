"""Options written inside a question's text, and answers written as letters or as texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LISTED = re.compile(r"\n\([A-Z]\) ")
_LETTER = re.compile(r"\(?([A-Za-z])[).:]?")


@dataclass(frozen=True)
class Split:
    """A question taken apart; `glued` says that no line break stood before the options."""

    stem: str
    choices: tuple[str, str]
    glued: bool


def split_options(text: str) -> Split | None:
    """Return the stem and the last `(A) … (B) …` pair of a question, or None without one.

    A stem may itself list options, so the pair is anchored at the end: the last line that
    begins with `(B)`, and the last `(A)` before it that has no other option in between.
    """
    second = text.rfind("\n(B) ")
    first = _first_option(text[:second]) if second >= 0 else None
    if first is None:
        return None
    stem, choices = text[:first], (text[first + 4 : second], text[second + 5 :])
    if not all(choice.strip() for choice in choices):
        return None
    bare = stem.removesuffix("\n").removesuffix("\n")
    return Split(bare, choices, glued=not stem.endswith("\n"))


def _first_option(head: str) -> int | None:
    line = head.rfind("\n(A) ")
    if line >= 0 and head[:line].strip() and not _LISTED.search(head, line + 5):
        return line + 1
    glued = head.rfind("(A) ")
    return glued if glued >= 0 and head[:glued].strip() else None


def lists_options(stem: str) -> bool:
    """Return whether a stem holds a list of options of its own."""
    return "\n(A) " in stem and "\n(B) " in stem[stem.index("\n(A) ") :]


def answer_letter(answer: str, choices: Sequence[str]) -> str | None:
    """Return the letter of the right option, given its letter or its text; None if neither.

    A letter wins over an option whose text is that letter.
    """
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(choices)]
    bare = answer.strip()
    letter = _LETTER.fullmatch(bare)
    if letter and letter[1].upper() in letters:
        return letter[1].upper()
    for same in (str.strip, lambda text: text.strip().casefold()):
        wanted = [place for place, choice in enumerate(choices) if same(choice) == same(bare)]
        if wanted:
            return letters[wanted[0]]
    return None
