"""The fenced blocks of a page, and what a shell makes of them.

```sh            is run; a block that begins with `# by hand` is not
```sh demo       is run beside a lake on which the demo has run
```csv mine.csv  is saved under that name
```text          right after a `sh` block holds lines of its output; … stands for anything
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
TUTORIAL = DOCS / "tutorial.md"
BY_HAND = "# by hand\n"


@dataclass(frozen=True)
class Block:
    """One fenced block: the words after its fence, its text, its first line, what follows."""

    words: tuple[str, ...]
    text: str
    line: int
    shown: str | None = None

    @property
    def is_run(self) -> bool:
        return self.words == ("sh",) and not self.text.startswith(BY_HAND)

    @property
    def is_file(self) -> bool:
        return len(self.words) == 2 and "." in self.words[1]


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page; a `text` block goes to the block it follows at once."""
    text = page.read_text("utf-8")
    found: list[Block] = []
    end = 0
    for match in re.finditer(r"^```(\w.*)\n((?:.*\n)*?)```$", text, re.MULTILINE):
        block = Block(tuple(match[1].split()), match[2], text.count("\n", 0, match.start()) + 1)
        if block.words == ("text",) and found and not text[end : match.start()].strip():
            found[-1] = Block(found[-1].words, found[-1].text, found[-1].line, block.text)
        else:
            found.append(block)
        end = match.end()
    return found


def run(block: Block, folder: Path) -> tuple[int, str]:
    """Return the exit code and all output of a block run in a folder."""
    programs = Path(sys.executable).parent
    own = {name: value for name, value in os.environ.items() if not name.startswith("MIRRORLAKE")}
    done = subprocess.run(
        ["sh", "-e", "-c", block.text], cwd=folder, text=True, check=False, timeout=120,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=own | {"PATH": f"{programs}{os.pathsep}{own['PATH']}"},
    )  # fmt: skip
    return done.returncode, done.stdout


def not_shown(shown: str, output: str) -> list[str]:
    """Return the lines of a quoted output that did not come out, blanks not counted."""
    came = [" ".join(line.split()) for line in output.splitlines()]
    return [line for line in _lines(shown) if not any(_pattern(line).fullmatch(c) for c in came)]


def _lines(shown: str) -> Iterator[str]:
    return (line for line in shown.splitlines() if line.strip() not in ("", "…"))


def _pattern(line: str) -> re.Pattern[str]:
    parts = " ".join(line.split()).split("…")
    return re.compile(".*".join(re.escape(part.strip()) for part in parts))
