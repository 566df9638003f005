"""A study brings in every kind of source, and once."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.log_files import (
    inspect_sample,
    lm_eval_line,
    write_inspect_log,
    write_lm_eval_log,
)
from cli import main
from warehouse.lake import open_lake

STUDY = """
name = "sources"
question = "Does every source come in?"

[[ingest]]
source = "pair"

[[ingest]]
source = "questions"
path = "mine.csv"
concept = "letters"
map = ["prompt=question"]

[[ingest]]
source = "responses"
path = "replies.csv"
dataset = "mine"
model = "somebody"
map = ["prompt=question", "output=text"]

[[ingest]]
source = "inspect"
path = "log.eval"
model = "anybody"

[[ingest]]
source = "lm-eval"
path = "harness"
concept = "words"

[[analyze]]
analysis = "quantify"
questions = ["mine"]
"""


def ask(lake: Path, sql: str) -> list[tuple]:
    with closing(open_lake(lake)) as opened, opened.reader() as con:
        return con.execute(sql).fetchall()


@pytest.fixture
def study(tmp_path):
    lines = [f"Is {i} first?,yes,no,{'AB'[i % 2]}" for i in range(8)]
    (tmp_path / "mine.csv").write_text("\n".join(["prompt,choice_a,choice_b,answer", *lines]))
    replies = [f"Is {i} first?,yes,no,{'AB'[i % 2]}" for i in range(8)]
    (tmp_path / "replies.csv").write_text("\n".join(["prompt,choice_a,choice_b,output", *replies]))
    write_inspect_log(tmp_path / "log.eval", [inspect_sample(i) for i in range(3)])
    (tmp_path / "harness").mkdir()
    write_lm_eval_log(tmp_path / "harness", [lm_eval_line(i) for i in range(4)])
    path = tmp_path / "sources.toml"
    path.write_text(STUDY)
    return path


def test_every_source_comes_in_once(study, tmp_path):
    lake = tmp_path / "lake"
    for _ in range(2):
        done = CliRunner().invoke(main, ["run", str(study), "--lake", str(lake)])
        assert done.exit_code == 0, done.output
        assert ask(lake, "SELECT count(*) FROM responses_history") == [(8 + 3 + 4,)]
    assert ask(lake, "SELECT DISTINCT concept FROM questions WHERE dataset = 'mine'") == [
        ("letters",)
    ]
    names = {name for (name,) in ask(lake, "SELECT name FROM models")}
    assert {"somebody", "anybody"} < names
    assert ask(lake, "SELECT estimate FROM results WHERE metric = 'accuracy'") == [(1.0,)]
    assert "Open in a browser: file://" in done.stderr


@pytest.mark.parametrize("source", ["questions", "responses", "inspect", "lm-eval"])
def test_a_source_without_its_path_is_one_sentence(tmp_path, source):
    path = tmp_path / "study.toml"
    path.write_text(
        f'name = "s"\nquestion = "?"\n[[ingest]]\nsource = "{source}"\n'
        '[[analyze]]\nanalysis = "quantify"\nquestions = ["x"]\n'
    )
    done = CliRunner().invoke(main, ["run", str(path), "--lake", str(tmp_path / "lake")])
    assert done.exit_code == 2
    assert f"source = '{source}' needs a path" in done.stderr
