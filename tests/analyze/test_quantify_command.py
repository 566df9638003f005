"""`mirrorlake analyze quantify` as a person runs it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from analyze.commands import analyze


def invoke(*arguments):
    return CliRunner().invoke(analyze, ["quantify", *map(str, arguments)])


def test_the_table_names_models_intervals_and_chance(trial):
    result = invoke("--lake", trial.lake.path)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split()[:4] == ["model", "reading", "concept", "accuracy"]
    [expert] = [line for line in lines if line.startswith("expert") and "belief" in line]
    assert "[0." in expert and " 160 " in expert and " 40 " in expert
    assert any("(mean without harm)" in line for line in lines)
    assert "Next: mirrorlake report" in result.stderr


def test_json_holds_every_estimate(trial):
    rows = json.loads(invoke("--lake", trial.lake.path, "--json").stdout)
    assert len(rows) == len(trial.results)
    text = json.loads(invoke("--lake", trial.lake.path, "--json", "--reading", "text").stdout)
    assert {row["reading"] for row in text} == {None}


@pytest.mark.parametrize("arguments", [(), ("--questions", "nothing")])
def test_an_empty_lake_is_one_sentence_and_exit_2(lake, arguments):
    result = invoke("--lake", lake.path, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Error: The lake")
    assert result.stderr.count("\n") == 1


def test_no_lake_and_an_unknown_data_set(trial, tmp_path):
    assert invoke("--lake", tmp_path / "none").exit_code == 2
    result = invoke("--lake", trial.lake.path, "--questions", "trail")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Did you mean 'trial'?" in result.stderr
