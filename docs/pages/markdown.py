"""The few pieces of Markdown that generated pages are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def page(*blocks: str) -> str:
    """Return blocks as one page, a blank line between each two."""
    return "\n\n".join(block.strip("\n") for block in blocks if block) + "\n"


def grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; bars inside cells are escaped."""
    lines = [_line(head), "|" + "---|" * len(head), *map(_line, rows)]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(_cell, cells)) + " |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def fence(language: str, text: str) -> str:
    """Return text as a fenced block."""
    return f"```{language}\n{text.strip(chr(10))}\n```"


def link(text: str, target: str) -> str:
    """Return a link."""
    return f"[{text}]({target})"
