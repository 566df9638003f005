from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from console import Progress, catch, columns, duration, listing, next_step, plural
from warehouse.errors import InputError, Interrupted, LakeError, PartialError


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (InputError("No file x. Name another."), 2, "Error: No file x. Name another.\n"),
        (PartialError("2 requests failed."), 1, "2 requests failed.\n"),
        (Interrupted("Stopped."), 130, "Stopped.\n"),
        (OSError(28, "No space left on device", "/a"), 2, "Error: The system refused: No space"),
    ],
)
def test_errors_are_one_sentence_with_the_exit_code_of_their_class(error, code, text):
    @click.command()
    @catch
    def command() -> None:
        raise error

    done = CliRunner().invoke(command)
    assert done.exit_code == code
    assert done.stderr.startswith(text)
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_a_bug_is_not_hidden():
    @click.command()
    @catch
    def command() -> None:
        raise RuntimeError("a bug")

    assert isinstance(CliRunner().invoke(command).exception, RuntimeError)


def test_every_error_class_has_an_exit_code_of_the_contract():
    def family(cls):
        return [cls, *(each for sub in cls.__subclasses__() for each in family(sub))]

    assert {cls.exit_code for cls in family(LakeError)} <= {1, 2, 3, 4, 130}


def test_columns_align_numbers_right_and_show_null_as_nothing():
    text = columns([{"name": "a", "n": 5}, {"name": "long", "n": None}])
    assert text.splitlines() == ["name  n", "----  -", "a     5", "long"]


def test_progress_off_a_terminal_prints_one_final_line(capsys):
    with Progress("model", total=4, cached=3) as progress:
        progress.advance(3)
        progress.advance(1, failed=1)
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    assert "4 of 4 answers, 3 cached, 1 failed" in text


def test_progress_of_nothing_prints_nothing(capsys):
    with Progress("model", total=0):
        pass
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.6, "1 min 0 s"), (185, "3 min 5 s"), (7800, "2 h 10 min")],
)
def test_duration(seconds, text):
    assert duration(seconds) == text


def test_small_words():
    assert plural(1, "row") == "1 row"
    assert plural(2, "query", "queries") == "2 queries"
    assert listing("abc", limit=2) == "a, b and 1 more"


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), RuntimeError("Query interrupted")])
def test_ctrl_c_is_one_sentence_and_130(stop):
    @click.command()
    @catch
    def command() -> None:
        raise stop

    done = CliRunner().invoke(command)
    assert (done.exit_code, done.stderr.count("\n")) == (130, 1)
    assert done.stderr.startswith("Stopped.")


def test_an_argument_that_is_not_utf8_is_refused():
    @click.command()
    @click.argument("names", nargs=-1)
    @catch
    def command(names: tuple[str, ...]) -> None:
        raise AssertionError("not reached")

    done = CliRunner().invoke(command, ["good", "bad\udcff"])
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "'bad?' is not UTF-8 text" in done.stderr


def test_names_in_messages_neither_drive_the_terminal_nor_break_the_sentence():
    @click.command()
    @catch
    def command() -> None:
        raise InputError("No \x1b[31mred\x07\nname.")

    assert CliRunner().invoke(command).stderr == "Error: No  [31mred  name.\n"


def test_a_next_step_is_quoted_for_the_shell(capsys):
    next_step("mirrorlake", "lake", "info", "--lake", "a b; rm -rf x")
    assert capsys.readouterr().err == "Next: mirrorlake lake info --lake 'a b; rm -rf x'\n"


def test_progress_says_nothing_when_an_error_comes_first(capsys):
    with pytest.raises(InputError), Progress("model", total=4, cached=0):
        raise InputError("The network cannot be loaded.")
    assert capsys.readouterr().err == ""
