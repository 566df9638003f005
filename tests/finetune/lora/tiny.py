"""A tiny random model, a training set for it, and quick trainings."""

from __future__ import annotations

from pathlib import Path

from finetune.dataset.sets import Example, Selection
from finetune.dataset.storing import store
from finetune.lora.job import LoraJob, Recipe, Trained
from finetune.lora.training import train_lora
from generate.engines.base import Options
from tests.generate import models
from warehouse import keys
from warehouse.lake import Lake, open_lake

SET = "tiny"
WORDS = ("red", "blue", "planet", "answer", "letter", "reply")


def examples(count: int = 12) -> list[Example]:
    """Return rows of unequal length, each asking for one of six words."""
    found = []
    for number in range(count):
        asked = f"the question {number} names one planet" + " and the answer" * (number % 4)
        messages = keys.canonical([{"role": "user", "content": asked}])
        reply = WORDS[number % len(WORDS)]
        found.append(Example("object", f"q{number}", f"g{number}", None, None, messages, reply))
    return found


def make(path: Path, rows: list[Example] | None = None) -> Lake:
    """Return a new lake with a training set."""
    lake = open_lake(path, create=True)
    add(lake, SET, rows or examples())
    return lake


def add(lake: Lake, name: str, rows: list[Example]) -> None:
    """Store a training set."""
    store(lake, Selection(name=name, questions="none"), "answers", {}, rows, None)


def folder(place: Path, family: str = "llama", **more: object) -> Path:
    """Write a model folder and return it."""
    return models.save(place, family, **more)  # type: ignore[arg-type]


def train(lake: Lake, base: str, name: str, dataset: str = SET, **recipe: object) -> Trained:
    """Train on a CPU for a few steps."""
    given = {"steps": 4, "batch": 5, "rank": 4, "learning_rate": 5e-3, **recipe}
    settings = Recipe(**{k: v for k, v in given.items() if v is not None})  # type: ignore[arg-type]
    return train_lora(lake, LoraJob(base, dataset, name, settings, Options(device="cpu")))
