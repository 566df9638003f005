"""The tutorial, followed to the letter once a test session."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs.blocks import TUTORIAL, Block, blocks, run


@dataclass(frozen=True)
class Followed:
    """The folder in which the tutorial was followed, and how each block ended."""

    folder: Path
    outcomes: dict[Block, tuple[int, str]]

    @property
    def lake(self) -> Path:
        return self.folder / "again"


@pytest.fixture(scope="session")
def tutorial(tmp_path_factory) -> Followed:
    """Save every file and run every block of the tutorial in order, in an empty folder."""
    folder = tmp_path_factory.mktemp("own-study")
    outcomes = {}
    for block in blocks(TUTORIAL):
        if block.is_file:
            (folder / block.words[1]).write_text(block.text, "utf-8")
        elif block.is_run:
            outcomes[block] = run(block, folder)
    return Followed(folder, outcomes)
