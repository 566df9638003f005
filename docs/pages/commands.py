"""`docs/commands/`: a page for each command, made from its own help."""

from __future__ import annotations

from collections.abc import Iterator

import click

from cli import main
from pages.command_facts import FACTS, Facts, touched_by
from pages.markdown import fence, grid, link, page

ENVIRONMENT = """\
Every option can also be set by the environment, as `MIRRORLAKE_<COMMAND>_<OPTION>`:
`MIRRORLAKE_GENERATE_RESPONSES_DEVICE=cpu`. `MIRRORLAKE_LAKE` sets the lake of every command.
An option on the command line wins."""

HABITS = """\
What all commands share: stdout is data and stderr is narration, so stdout can be piped.
`--json` prints the same for machines. Most commands end with the command that usually follows.
A mistake is answered in one sentence; the [exit code](../errors.md) says what kind it was."""


def pages() -> dict[str, str]:
    """Return the index and a page for each command."""
    found = {"commands/index.md": _index()}
    for name, context in commands().items():
        found[f"commands/{slug(name)}.md"] = _page(name, context)
    return found


def slug(name: str) -> str:
    """Return the file name of a command's page, such as `ingest-questions`."""
    return name.replace(" ", "-")


def commands() -> dict[str, click.Context]:
    """Return every command by its words (`ingest questions`), in the order of a study."""
    return dict(_commands(_root()))


def _root() -> click.Context:
    return click.Context(main, info_name="mirrorlake", terminal_width=90, **main.context_settings)


def _commands(parent: click.Context) -> Iterator[tuple[str, click.Context]]:
    group = parent.command
    assert isinstance(group, click.Group)
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        if command is None:
            continue
        context = click.Context(command, parent, name, terminal_width=90)
        if isinstance(command, click.Group):
            yield from _commands(context)
        else:
            yield context.command_path.removeprefix("mirrorlake "), context


def _index() -> str:
    rows = [
        (link(f"mirrorlake {name}", f"{slug(name)}.md"), context.command.get_short_help_str(200))
        for name, context in commands().items()
    ]
    root = _root()
    return page(
        "# Commands",
        "In the order of a study. Made from the commands' own help by `make docs`.",
        grid(("command", "what it does"), rows),
        HABITS,
        ENVIRONMENT,
        "## mirrorlake",
        fence("text", root.command.get_help(root)),
    )


def _page(name: str, context: click.Context) -> str:
    touched = touched_by(name)
    return page(
        f"# mirrorlake {name}",
        "Made from the command's own help by `make docs`. "
        + link("All commands", "index.md") + ".",
        fence("text", context.command.get_help(context)),
        "## What it touches",
        _touches(touched),
        "## How it ends",
        _exit_codes(touched),
        _next(touched),
    )  # fmt: skip


def _touches(facts: Facts) -> str:
    reads = [_tables(facts.reads), facts.files]
    writes = [_tables(facts.writes), facts.makes]
    return "\n".join(
        f"- **{verb}**: {'; '.join(filter(None, parts)) or 'nothing'}."
        for verb, parts in (("Reads", reads), ("Writes", writes))
    )


def _tables(names: tuple[str, ...]) -> str:
    links = ", ".join(link(name, f"../tables/{name}.md") for name in names)
    return f"table{'s' if len(names) > 1 else ''} {links}" if names else ""


def _exit_codes(facts: Facts) -> str:
    codes = [("0", "done")]
    if facts.partial:
        codes.append(("1", "a part was done and kept; the same command does the rest"))
    codes.append(("2", "refused, or something is wrong; one sentence says what and what to do"))
    codes.append(("130", "stopped by Ctrl-C; what was finished is kept"))
    return grid(("exit code", "meaning"), codes) + "\n\nSee [errors](../errors.md)."


def _next(facts: Facts) -> str:
    links = [link(f"mirrorlake {name}", f"{slug(name)}.md") for name in facts.next]
    return f"Usually followed by {' or '.join(links)}." if links else ""


def writers(table: str) -> list[str]:
    """Return the commands that write rows of a table."""
    return [name for name, facts in FACTS.items() if table in facts.writes]
