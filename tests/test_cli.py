from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from cli import COMMANDS, main


def every_command(group=main, path=()):
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))
        else:
            yield (*path, name), command


ALL = dict(every_command())


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_has_help_with_an_example(path):
    done = CliRunner().invoke(main, [*path, "--help"])
    assert done.exit_code == 0
    assert "Example: mirrorlake " + " ".join(path) in done.output


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_option_has_help(path):
    for parameter in ALL[path].params:
        if isinstance(parameter, click.Option) and parameter.name not in {"help", "format"}:
            assert parameter.help, f"{' '.join(path)} {parameter.name}"


def test_the_top_level_lists_every_command_without_importing_any():
    done = CliRunner().invoke(main, ["--help"])
    assert all(name in done.output for name in COMMANDS)


def test_a_mistyped_command_gets_the_nearest_name():
    done = CliRunner().invoke(main, ["analyse"])
    assert done.exit_code == 2
    assert "Did you mean 'analyze'?" in done.output


def test_version_is_printed():
    assert "mirrorlake, version" in CliRunner().invoke(main, ["--version"]).output


def test_an_option_can_be_set_by_the_environment_and_a_flag_wins(tmp_path):
    env = {"MIRRORLAKE_SQL_FORMAT": "csv", "MIRRORLAKE_LAKE": str(tmp_path / "a")}
    done = CliRunner().invoke(main, ["sql", "SELECT 1"], env=env)
    assert str(tmp_path / "a") in done.stderr
    done = CliRunner().invoke(main, ["sql", "SELECT 1", "--lake", str(tmp_path / "b")], env=env)
    assert str(tmp_path / "b") in done.stderr
    done = CliRunner().invoke(main, ["sql", "SELECT 1"], env={"MIRRORLAKE_SQL_FORMAT": "xml"})
    assert "'xml' is not one of" in done.stderr


def test_of_a_mistyped_option_the_closest_is_suggested():
    done = CliRunner().invoke(main, ["generate", "responses", "--question", "x"])
    assert done.exit_code == 2
    assert "No such option '--question'. Did you mean '--questions'?" in done.output
