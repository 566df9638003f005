"""What the provider says: a function of the model and the messages, so that runs repeat."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.provider import chance

REFUSAL = "I'm sorry, but I can't help with that."

OPTION = re.compile(r"\(([A-Z])\)")
PIECE = re.compile(r"\s*\(?\w+|\s*[^\w\s]")
WORDS = ["the", "model", "would", "choose", "what", "it", "knows", "about", "its", "own", "answers"]
FILLERS = ["I", "The", "It", "A", "An", "This", "That", "My", "We", "As", "In", "Yes", "No", "Well"]
FILLERS += ["Based", "Given", "To", "Both", "None", "Sure"]


class Turn(NamedTuple):
    """One message: who speaks and its text."""

    role: str
    text: str


@dataclass(frozen=True)
class Reply:
    """A text with its length in tokens."""

    text: str
    input_tokens: int
    output_tokens: int
    """All that was generated: what was thought and what is shown."""
    thinking_tokens: int
    cut: bool


def turns(messages: Sequence[dict[str, Any]]) -> list[Turn]:
    """Return messages whose content is text or a list of blocks as turns."""
    return [Turn(message["role"], flat(message.get("content"))) for message in messages]


def flat(content: Any) -> str:
    """Return the text of a message's content."""
    if isinstance(content, list):
        return "".join(block.get("text", "") for block in content)
    return content or ""


def tokens(text: str) -> int:
    """Return the length of a text in tokens of about four bytes."""
    return len(text.encode("utf-8", "surrogatepass")) // 4 + 1


def prompt(said: Sequence[Turn]) -> str:
    """Return all that was said."""
    return "".join(turn.text for turn in said)


def options(text: str) -> list[str]:
    """Return the letters of the options that a prompt lists, such as (A) and (B)."""
    return list(dict.fromkeys(OPTION.findall(text)))


def say(model: str, said: Sequence[Turn]) -> str:
    """Return the whole text of a reply."""
    digest = chance.token(model, json.dumps(said), length=64)
    letters = options(prompt(said))
    if not letters:
        picked = [WORDS[int(digit, 16) % len(WORDS)] for digit in digest[:12]]
        return " ".join(picked).capitalize() + "."
    letter = letters[int(digest[:8], 16) % len(letters)]
    styles = (f"({letter})", f"{letter}.", letter, f"The answer is ({letter}).")
    return styles[int(digest[8:16], 16) % len(styles)]


def reply(model: str, said: Sequence[Turn], most: int | None = None, thinks: bool = False) -> Reply:
    """Return the reply of at most so many tokens; thinking comes first and counts."""
    text = say(model, said)
    thought = 16 + int(48 * chance.uniform(model, "thinks", text)) if thinks else 0
    whole = thought + tokens(text)
    most = whole if most is None else most
    thought = min(thought, most)
    shown = shorten(text, most - thought)
    length = thought + (tokens(shown) if shown else 0)
    return Reply(shown, tokens(prompt(said)), length, thought, cut=most < whole)


def shorten(text: str, most: int) -> str:
    """Return as much of a text as so many tokens hold."""
    if tokens(text) <= most:
        return text
    return text.encode()[: max(4 * most - 1, 0)].decode(errors="ignore")


def pieces(text: str) -> list[str]:
    """Return a text as the tokens that its log-probabilities are given for."""
    return PIECE.findall(text)


def likely(token: str, letters: Sequence[str], name: str) -> list[tuple[str, float]]:
    """Return twenty tokens with their log-probabilities, best first; the chosen one is the best.

    They hold all letters before any filler, and 98% of the probability.
    """
    variants = [f"{before}{letter}" for before in ("", "(", " ") for letter in letters]
    candidates = list(dict.fromkeys([token, *variants, *FILLERS]))[:20]
    weights = {other: 0.9 * chance.uniform(name, other) ** 3 for other in candidates}
    weights[token] = 1.0
    total = sum(weights.values()) / 0.98
    scored = [(other, math.log(max(weight, 1e-9) / total)) for other, weight in weights.items()]
    return sorted(scored, key=lambda pair: -pair[1])
