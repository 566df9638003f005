"""A strict parser: which option a free-text reply names, if it names exactly one.

Read are letters in an answer position: the whole reply ("B", "**(a)**", "Answer: B"), the
start of a line ("(B) because …", "B. Paris"), or after words that announce an answer ("the
correct answer is (B)", "I choose B", "(B) is correct"). A letter that merely occurs is not an
answer: "As an AI", "An apple", "Both", "A or B", "(A) is wrong". Two different letters in
answer positions make a reply unparseable, whichever came first.

A reply without a letter names an option by being its text and nothing else: capitals, quotes,
marks at the ends, "The answer is" and a leading "the", "a" or "an" on either side do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

# Raised with every change of what is read, so that stored replies are read again.
VERSION = 2

_MARKUP = re.compile(r"\\boxed\{([^{}]*)\}|[*_`#$]+")
_EDGES = "\\s\"'“”‘’*_`.,;:!?"
_EDGE = re.compile(rf"^[{_EDGES}]+|[{_EDGES}]+$")
_ARTICLE = re.compile(r"^(?:the|an?)\s+")
_ANNOUNCED = re.compile(
    r"^(?:(?:the |my )?(?:correct |right |best |final )*(?:answer|option|choice)(?: is)?\s*:?\s+)"
)
_NEGATED = re.compile(r"(?:n['’]t|\b(?:not|never|neither|cannot|no))\b[^.!?;,]{0,24}$", re.I)

# A reply without a letter that matches one of these is a refusal, not a failure to parse.
REFUSALS = (
    r"\bI(?:['’]m| am) (?:really |very |so )?(?:sorry|unable|not able|not comfortable)\b",
    r"\bI (?:can['’]?t|cannot|can not|won['’]t|will not|must decline|have to decline|decline)\b",
    r"\bas an? (?:AI|(?:large )?language model)\b",
)
_REFUSAL = re.compile("|".join(REFUSALS), re.I)


@dataclass(frozen=True)
class Reply:
    """What a text says: the letter it names, as shown; its bare words; whether it refuses."""

    letter: str | None
    core: str
    refuses: bool


def read(text: str, n_choices: int) -> Reply:
    """Return what a reply to a question with `n_choices` lettered options says."""
    letter = letter_in(text, n_choices)
    return Reply(letter, core(text), letter is None and bool(_REFUSAL.search(text)))


def letter_in(text: str, n_choices: int) -> str | None:
    """Return the one letter that stands in an answer position, or None."""
    plain = _MARKUP.sub(lambda m: f"({m[1]})" if m[1] else "", text).strip()
    whole = _whole(n_choices).match(plain)
    if whole:
        return whole[1].upper()
    named = set(_named(plain, n_choices))
    return named.pop() if len(named) == 1 else None


def core(text: str) -> str:
    """Return the reply in lower case without marks at its ends, "The answer is" and article.

    Options are bared in the same way, but for the announcement, by `queries/score_texts.sql`.
    """
    bare = _EDGE.sub("", text.lower())
    return _ARTICLE.sub("", _EDGE.sub("", _ANNOUNCED.sub("", bare)))


def _named(text: str, n_choices: int) -> Iterator[str]:
    for match in _positions(n_choices).finditer(text):
        if match["line"] is None and _NEGATED.search(text[: match.start()]):
            continue
        yield next(group for group in match.groups()[1:] if group)


def _last(n_choices: int) -> str:
    return chr(64 + min(n_choices, 26))


@cache
def _whole(n_choices: int) -> re.Pattern[str]:
    last = _last(n_choices)
    announce = r"(?:(?:the |my )?(?:correct |right |best |final )*(?:answer|option|choice)(?: is)?)"
    return re.compile(rf"\W*(?:{announce}\W+)?(?:option\s+)?\W*([A-{last}])\W*$", re.IGNORECASE)


@cache
def _positions(n_choices: int) -> re.Pattern[str]:
    """Return the pattern of all answer positions; its one non-None plain group is the letter."""
    last = _last(n_choices)
    # "A" before a plain word is an article, unless the word goes on about the choice.
    article = r"(?!\s+(?!(?:because|since|as|for|is|and|which|due)\b)[a-z])"
    end = r"(?![\w'’])"
    listed = rf"(?!\s*(?:and|or|nor|/|&|,)\s*\(?[A-{last}]\b)"
    wrong = r"(?!\s*(?:(?:is|was|seems|would be)\s+)?(?:not|wrong|incorrect|false)\b)"
    after = rf"{listed}{wrong}(?!\s+(?:isn|wasn)['’]t)"
    letter = (
        rf"(?:\(([A-{last}])\)|\[([A-{last}])\]|([B-{last}]){end}|(A){end}{article}){after}"
        if n_choices > 1
        else r"(A)"
    )
    bare = rf"([A-{last}])"
    mark = r"(?:[ \t]*[):]|[ \t]*\.(?!\w)|[ \t]+[-–—][ \t]|,[ \t]+(?=[a-z])|[ \t]*$)"
    start = rf"(?P<line>^[ \t]*(?:[-•>][ \t]*)?)(?:[(\[]{bare}[)\]]|{bare}{mark}){after}"
    noun = r"(?:answer|solution|choice|option|pick|selection)"
    verb = r"(?:is|would\s+be|should\s+be|must\s+be|:|=)"
    filler = (
        r"(?:\s*(?:definitely|clearly|probably|likely|simply|indeed|:|the|option|choice|letter)\b)*"
    )
    cue = rf"(?i:\b{noun}\s*{verb}{filler}:?\s*|\banswer\s+)"
    act = r"(?i:\b(?:choose|chose|pick|picked|select|selected|go(?:ing)?\s+with|went\s+with)\b)"
    chosen = rf"{act}(?i:{filler}):?\s*"
    praised = (
        rf"(?:\(([A-{last}])\)|\b([A-{last}]))"
        r"\s+(?:is|seems|would\s+be|looks)\s+(?:\w+\s+)?(?:the\s+)?(?:\w+\s+)?"
        r"(?<!not )(?:correct|right|best|true|accurate)\b"
    )
    return re.compile(rf"{start}|(?:{cue}|{chosen}){letter}|{praised}", re.MULTILINE)
