"""The context holds every question and dialogue of the real data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from finetune.base.card import LONGEST_TEXT, WORST_TOKENS_PER_CHARACTER
from finetune.folder import ORGANISMS
from finetune.tokenizer import load, tokens_per_character
from generate.prompts import INSTRUCTION

BASE = ORGANISMS / "base"
OVERHEAD = 64  # characters of option labels and blank lines


def rows(path: Path) -> Iterator[list[str]]:
    """Every row's texts."""
    body = path.read_text("utf-8")
    try:
        read = json.loads(body)
    except json.JSONDecodeError:
        read = [json.loads(line) for line in body.split("\n") if line.strip()]
    for row in read:
        yield [value for value in row.values() if isinstance(value, str)]


def test_context_covers_the_longest_text_at_the_worst_rate(shared_data):
    files = sorted((shared_data / "SelfConsciousness").rglob("*.json"))
    assert len(files) == 8
    found = [row for path in files for row in rows(path)]
    worst = tokens_per_character(
        load(BASE), sorted({text for row in found for text in row if len(text) >= 20})
    )
    longest = max(len("\n".join(row)) for row in found)
    assert worst == pytest.approx(WORST_TOKENS_PER_CHARACTER, abs=0.01)
    assert longest <= LONGEST_TEXT
    context = json.loads((BASE / "config.json").read_text("utf-8"))["max_position_embeddings"]
    assert (longest + len(INSTRUCTION) + OVERHEAD) * worst <= context
