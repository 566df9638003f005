"""The `mirrorlake` command: a table of contents; each package brings its own commands.

Nothing heavy is imported here or at the top of any `commands` module, so `--help` is quick.
"""

from __future__ import annotations

import importlib
from typing import Any

import click

from warehouse.errors import nearest

# Name of the command -> (where it lives, what it does in a line).
COMMANDS = {
    "ingest": ("ingest.commands:ingest", "Bring questions and responses into the lake."),
    "generate": ("generate.commands:generate", "Ask models and keep what they answer."),
    "analyze": ("analyze.commands:analyze", "Turn rows into estimates with intervals."),
    "finetune": ("finetune.commands:finetune", "Train models, the embedded ones among them."),
    "report": ("reports.commands:report", "Write the offline HTML report."),
    "run": ("studies.commands:run", "Run a study file from questions to report."),
    "sql": ("warehouse.commands:sql", "Run one SELECT over the lake."),
    "lake": (
        "warehouse.commands:lake_group",
        "Look after the lake: info, cost, schema, check, compact.",
    ),
    "doctor": ("studies.commands:doctor", "Say what this machine can do."),
}


class Commands(click.Group):
    """A group that imports a command only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names in the order of a study."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return a command, imported now."""
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name][0].split(":")
        found: click.Command = getattr(importlib.import_module(module), attribute)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; of a mistyped option only the closest name is suggested."""
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            closest = (error.possibilities or ())[:1]
            raise click.NoSuchOption(
                error.option_name, possibilities=closest, ctx=error.ctx
            ) from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command of the arguments, with a hint for a mistyped name."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"There is no command '{args[0]}'.{nearest(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)


# Every option can be set by the environment: MIRRORLAKE_<COMMAND>_<OPTION>.
SETTINGS = {"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "MIRRORLAKE"}


@click.group(cls=Commands, context_settings=SETTINGS)
@click.version_option(package_name="mirrorlake", prog_name="mirrorlake")
def main(**_: Any) -> None:
    """Study what language models know about themselves.

    Every question, response, activation and score becomes a row of one lake; analyses are
    queries over it, and reports are offline HTML pages.

    \b
    Start with:  mirrorlake run studies/demo.toml
    """


if __name__ == "__main__":
    main()
