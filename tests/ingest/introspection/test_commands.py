"""The commands and study steps that bring tasks in, and what they leave in the lake."""

from __future__ import annotations

import json
from contextlib import closing

import pytest
from click.testing import CliRunner

from cli import main
from studies.sections import Ingest
from studies.sources import ingest
from tests.ingest.introspection.clone import write_clone
from tests.ingest.introspection.stored import items, table, write
from warehouse.check import check
from warehouse.lake import open_lake


def run(*arguments: str):
    return CliRunner().invoke(main, ["ingest", *arguments])


def ask(lake: str, sql: str) -> list[tuple]:
    with closing(open_lake(lake)) as opened, opened.reader() as con:
        return con.execute(sql).fetchall()


@pytest.fixture
def clone(tmp_path):
    return str(write_clone(tmp_path / "clone"))


@pytest.fixture
def lake(tmp_path):
    return str(tmp_path / "lake")


def test_a_clone_comes_in_once(clone, lake):
    first = run("introspection", "--source", clone, "--lake", lake, "--json")
    assert first.exit_code == 0, first.stderr
    done = json.loads(first.stdout)
    assert done["datasets"] == ["introspection"] and done["rows"] == done["written"] > 40
    assert "is left out" in first.stderr
    assert "generate predict --lake" in first.stderr and "--questions introspection" in first.stderr
    again = run("introspection", "--source", clone, "--lake", lake, "--json")
    assert json.loads(again.stdout)["written"] == 0
    assert "all of them are in the lake already" in again.stderr
    assert ask(lake, "SELECT count(*) FROM questions_history") == [(done["rows"],)]
    with closing(open_lake(lake)) as opened:
        assert check(opened) == []


def test_options_reach_the_clone(clone, lake):
    done = run(
        "introspection",
        "--source",
        clone,
        "--lake",
        lake,
        "--json",
        "--prompts",
        "hurried",
        "--tasks",
        "digits",
        "--tasks",
        "totals",
        "--properties",
        "is_even",
        "--limit",
        "1",
    )
    found = json.loads(done.stdout)
    assert found["datasets"] == ["introspection/hurried"]
    assert [(row["task"], row["properties"]) for row in found["tasks"]] == [
        ("digits", ["is_even"]), ("totals", ["is_even"]),
    ]  # fmt: skip
    assert found["rows"] == 8


def test_tables_are_shown_to_people(clone, lake):
    done = run("introspection", "--source", clone, "--lake", lake)
    assert "totals        number" in done.stdout and "contradictory_example" in done.stdout


def test_findings_about_other_tasks_and_of_other_audits_stay(clone, lake):
    run("introspection", "--source", clone, "--lake", lake, "--tasks", "duty")
    before = set(ask(lake, "SELECT concept, audit FROM audits"))
    with closing(open_lake(lake)) as opened, opened.run("analyze") as writing:
        other = {"dataset": "introspection", "concept": "*", "audit": "accuracy_times_n",
                 "severity": "info", "count": 0}  # fmt: skip
        writing.upsert("audits", [other])
    run("introspection", "--source", clone, "--lake", lake, "--tasks", "digits")
    after = set(ask(lake, "SELECT concept, audit FROM audits"))
    assert after == before | {("digits", "string_overlap"), ("*", "accuracy_times_n")}


@pytest.mark.parametrize("options", [(), ("--source", "a", "--results", "b")])
def test_either_a_clone_or_results(lake, options):
    done = run("introspection", "--lake", lake, *options)
    assert done.exit_code == 2 and "Name a clone with --source, or stored results" in done.stderr


def test_results_come_in_with_their_table(tmp_path, lake):
    rows = items()
    folder = str(write(tmp_path / "in", rows, table(rows)))
    done = run("introspection", "--results", folder, "--lake", lake)
    assert done.exit_code == 0, done.stderr
    assert "zMicro-average" in done.stdout and "missing_property_filter" in done.stdout
    assert "3,266 rows read" in done.stderr
    again = run("introspection", "--results", folder, "--lake", lake)
    assert "everything is in the lake already" in again.stderr


def test_the_sequences_set_comes_in(lake):
    done = run("sequences", "--lake", lake, "--json")
    found = json.loads(done.stdout)
    assert (found["datasets"], found["written"], found["audits"]) == (["sequences"], 12600, [])
    assert "--questions sequences --target MODEL --predictor MODEL" in done.stderr
    assert ask(lake, "SELECT DISTINCT split FROM questions ORDER BY 1") == [("train",), ("val",)]


def test_a_study_brings_both(clone, lake, tmp_path, capsys):
    with closing(open_lake(lake, create=True)) as opened:
        ingest(opened, Ingest(source="introspection", path="clone"), tmp_path)
        ingest(opened, Ingest(source="sequences"), tmp_path)
        ingest(opened, Ingest(source="sequences"), tmp_path)
    told = capsys.readouterr().err
    assert "ingest sequences: 12,600 questions, 12,600 new or changed." in told
    assert "ingest sequences: 12,600 questions, 0 new or changed." in told
    assert "Error: introspection, is_third_digit_even: By its instruction odd is 'false'" in told
    found = ask(lake, "SELECT DISTINCT dataset FROM questions ORDER BY 1")
    assert found == [("introspection",), ("sequences",)]
