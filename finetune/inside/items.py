"""Questions as prompts with two options, and where in them a truth is planted or read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from finetune.tokenizer import render
from generate.prompts import Message, order, show
from ingest.starter.families import items

LETTERS = "AB"
ORDERS = ("AB", "BA")
PLANTED = "self_reflection"  # the base was never taught it


@dataclass(frozen=True)
class Item:
    """A question with its options in one order, up to where the reply begins."""

    text: str
    right: str  # the letter under which the right option is shown
    ends: tuple[int, ...]  # place in the text of the last character of each option shown
    family: str = ""
    order: str = ""  # of the stored options, as shown


@cache
def shown(concept: str) -> tuple[Item, ...]:
    """Return a concept's test questions in both orders: 40 families x 4 wordings x 2 orders."""
    return tuple(
        _stored(row, variant) for row in items() if row["concept"] == concept for variant in ORDERS
    )


def _stored(row: Mapping[str, Any], variant: str) -> Item:
    places = order(variant)
    options = [row["choices"][i] for i in places]
    right = places.index(LETTERS.index(row["answer"]))
    return item(json.loads(row["messages"]), options, right, row["group_id"], variant)


def item(
    messages: Sequence[Message],
    options: Sequence[str],
    right: int,
    family: str = "",
    variant: str = "",
) -> Item:
    """Return a question with its options in the order given, of which `right` is the right one."""
    text = render(show(messages, options, "AB"))
    lines = [f"\n({letter}) {option}" for letter, option in zip(LETTERS, options, strict=True)]
    ends = tuple(text.rindex(f"{line}\n") + len(line) - 1 for line in lines)
    return Item(text, LETTERS[right], ends, family, variant)
