"""Every example on a page of the documentation works on the lake of the tutorial."""

from __future__ import annotations

import json
import shlex

import click
import pytest
from click.testing import CliRunner

from cli import main
from tests.docs.blocks import DOCS, ROOT, blocks

PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
QUERIES = {
    page.relative_to(DOCS).as_posix(): block.text
    for page in PAGES
    for block in blocks(page)
    if block.words == ("sql",)
}
# What no command of the tutorial fills, and what finds nothing in a healthy lake.
EMPTY = {
    "attempts", "batches", "costs",
    "question_facts", "imported_scores",
    "training_sets", "training_jobs", "examples", "training_steps", "trained_on",
    "trained_properties",
}  # fmt: skip


def ask(lake, query: str) -> list[dict]:
    done = CliRunner().invoke(main, ["sql", query, "--json", "--lake", str(lake)])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.parametrize("page", QUERIES)
def test_the_query_of_a_page_runs_and_finds_rows(tutorial, page):
    rows = ask(tutorial.lake, QUERIES[page])
    assert bool(rows) != (page.split("/")[1].removesuffix(".md") in EMPTY)


def test_every_table_and_view_has_a_query():
    found = {page.split("/")[1] for page in QUERIES}
    pages = [*(DOCS / "tables").glob("*.md"), *(DOCS / "views").glob("*.md")]
    assert found == {page.name for page in pages} - {"index.md"}


def test_the_metrics_of_a_lake_are_explained(tutorial):
    pages = [page.read_text("utf-8") for page in (DOCS / "analyses").glob("*.md")]
    for row in ask(tutorial.lake, "SELECT DISTINCT metric FROM results"):
        assert any(f"`{row['metric']}`" in page for page in pages)


def commands() -> list[tuple[str, str]]:
    return [
        (page.relative_to(ROOT).as_posix(), command)
        for page in PAGES
        for block in blocks(page)
        if block.words[0] == "sh"
        for command in _commands(block.text)
        if command.startswith("mirrorlake ")
    ]


def _commands(text: str) -> list[str]:
    """Return the shell commands of a block; one may run over several lines within quotes."""
    found: list[str] = []
    waiting = ""
    for line in text.splitlines(keepends=True):
        waiting += line
        if waiting.count('"') % 2 == 0 and not waiting.endswith("\\\n"):
            found.append(waiting)
            waiting = ""
    return found


@pytest.mark.parametrize(("page", "command"), commands())
def test_a_command_on_a_page_exists_with_its_options(page, command):
    words = shlex.split(command, comments=True)
    found: click.Command | None = main
    place = 1
    while isinstance(found, click.Group):
        found = found.get_command(click.Context(found), words[place])
        place += 1
    assert found is not None, f"{page}: {command}"
    known = {option for parameter in found.params for option in parameter.opts} | {"--help"}
    assert {word for word in words[place:] if word.startswith("--")} <= known


@pytest.mark.parametrize("table", ["questions", "responses", "scores", "results", "audits"])
def test_a_table_was_written_only_by_the_commands_that_its_page_names(tutorial, table):
    page = (DOCS / "tables" / f"{table}.md").read_text("utf-8")
    query = f"SELECT DISTINCT command FROM {table} JOIN runs USING (run_id)"
    for row in ask(tutorial.lake, query):
        # `run own` is the command `run` with the name of its study.
        command = "run" if row["command"].startswith("run ") else row["command"]
        assert f"[mirrorlake {command}]" in page
