"""What training at a provider costs: a dated table, and bounds on the tokens of the rows."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from generate.remote.provider import BYTES_A_TOKEN, MESSAGE_TOKENS

OWN = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True)
class Tokens:
    """Tokens that are trained: `likely` an estimate, `most` what they cannot exceed."""

    likely: int
    most: int


@dataclass(frozen=True)
class TrainingPrice:
    """US dollars for a million trained tokens, and where the number comes from."""

    usd: float
    source: str

    def cost(self, tokens: int) -> float:
        """Return what training on so many tokens costs, in US dollars."""
        return tokens * self.usd / 1e6


def find(provider: str, model: str, day: date | None = None) -> TrainingPrice | None:
    """Return what training a model costs on a day in UTC, today if none is given; None if unknown.

    A model that was fine-tuned before (ft:BASE:…) costs what its base does.
    """
    day = day or datetime.now(UTC).date()
    base = model.split(":")[1] if model.startswith("ft:") else model
    table = _table()
    for entry in table["training"]:
        if entry["provider"] == provider and base in entry["models"] and entry["from"] <= day:
            return TrainingPrice(float(entry["usd"]), f"{entry['source']} ({table['version']})")
    return None


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(OWN.read_text(encoding="utf-8"))


def tokens(contents: Sequence[Sequence[str]], epochs: int) -> Tokens:
    """Return how many tokens training on rows takes; `contents` are each row's message texts.

    No token is shorter than a byte, and a chat format adds at most so many tokens a message.
    """
    sizes = [[len(text.encode()) for text in row] for row in contents]
    most = sum(sum(row) + MESSAGE_TOKENS * (len(row) + 1) for row in sizes)
    likely = sum(round(sum(row) / BYTES_A_TOKEN) + 4 * len(row) for row in sizes)
    return Tokens(likely * epochs, most * epochs)
