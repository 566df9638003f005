"""Model folders, one of each kind a session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.generate import models
from tests.samples import question
from warehouse import keys
from warehouse.lake import Lake

# Threads that wait for each other cost more than these models' sums.
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    made = {name: models.save(root / name, name) for name in models.FAMILIES}
    made["newline"] = models.save(root / "newline", chat=models.CHAT_NEWLINE)
    made["plain"] = models.save(root / "plain", chat=None)
    made["short"] = models.save(root / "short", context=120)
    return made


@pytest.fixture
def asked_lake(lake: Lake) -> Lake:
    """A lake with twelve two-option questions and three free ones."""
    with lake.run("ingest") as run:
        run.append("questions", [question(i, concept=CONCEPTS[i % 2]) for i in range(12)])
        run.append("questions", [free(i) for i in range(3)])
    return lake


CONCEPTS = ("belief", "intention")


def free(i: int) -> dict[str, Any]:
    """Return a question without options."""
    messages = [{"role": "user", "content": f"Say something about {i}."}]
    return {
        "question_id": keys.question_id("free", messages, []),
        "dataset": "free",
        "group_id": str(i),
        "messages": keys.canonical(messages),
        "choices": [],
    }
