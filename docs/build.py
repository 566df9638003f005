"""Write the generated pages of the documentation: `make docs`.

`docs/schema.md` comes from the schema, `docs/commands.md` from the commands' help. A test
fails when either is stale.
"""

from __future__ import annotations

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
    for path, command in _commands(main, ("mirrorlake",)):
        context = click.Context(command, info_name=" ".join(path), terminal_width=90)
        parts += ["", f"## {' '.join(path)}", "", "```text", command.get_help(context), "```"]
    return "\n".join(parts) + "\n"


def _commands(
    group: click.Group, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))
        elif command is not None:
            yield (*path, name), command


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(text, "utf-8")
        print(page.relative_to(DOCS.parent))
