"""Write the generated pages of the documentation: `make docs`.

`docs/schema.md` comes from the schema, `docs/commands.md` from the commands' help. With
`--check` nothing is written and a stale page is an error, as a test demands.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from cli import main
from warehouse.docs import schema_markdown

DOCS = Path(__file__).resolve().parent


def pages() -> dict[Path, str]:
    """Return the text of every generated page."""
    return {DOCS / "schema.md": schema_markdown(), DOCS / "commands.md": commands_markdown()}


def commands_markdown() -> str:
    """Return every command's help as one page."""
    parts = ["# Commands", "", "Made from the commands' own help by `make docs`."]
    root = click.Context(main, info_name="mirrorlake", terminal_width=90, **main.context_settings)
    for context in _contexts(root):
        text = context.command.get_help(context)
        parts += ["", f"## {context.command_path}", "", "```text", text, "```"]
    return "\n".join(parts) + "\n"


def _contexts(parent: click.Context) -> Iterator[click.Context]:
    group = parent.command
    assert isinstance(group, click.Group)
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        if command is not None:
            context = click.Context(command, parent, name, terminal_width=90)
            yield from _contexts(context) if isinstance(command, click.Group) else [context]


def stale() -> list[Path]:
    """Return the generated pages that are not what they would be now."""
    return [p for p, text in pages().items() if not p.exists() or p.read_text("utf-8") != text]


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit("\n".join(f"{page.name} is stale: make docs" for page in stale()) or 0)
    for page, text in pages().items():
        page.write_text(text, "utf-8")
        print(page.relative_to(DOCS.parent))
