"""Model folders, one of each kind a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.generate import models


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    made = {name: models.save(root / name, name) for name in models.FAMILIES}
    made["newline"] = models.save(root / "newline", chat=models.CHAT_NEWLINE)
    made["plain"] = models.save(root / "plain", chat=None)
    made["short"] = models.save(root / "short", context=120)
    return made
