from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from cli import main
from ingest import pinned
from tests.ingest.clone import write_clone
from warehouse.lake import open_lake

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def lake(tmp_path):
    return str(tmp_path / "lake")


def run(*arguments):
    return CliRunner().invoke(main, ["ingest", *map(str, arguments)])


def rows(lake, sql):
    opened = open_lake(lake)
    try:
        with opened.reader() as con:
            return con.sql(sql).fetchall()
    finally:
        opened.close()


def test_a_clone_is_ingested_audited_and_a_second_time_left_alone(tmp_path, lake):
    clone = write_clone(tmp_path / "clone")
    first = run("selfconsciousness", "--source", clone, "--lake", lake)
    assert first.exit_code == 0
    assert "duplicate_questions" in first.stdout
    assert "20 questions read, 19 new or changed and written." in first.stderr
    assert "Next: mirrorlake generate responses" in first.stderr
    stored = rows(lake, "SELECT * FROM questions ORDER BY question_id")
    audits = rows(lake, "SELECT * FROM audits ORDER BY ALL")
    digest = open_lake(lake).digest()
    again = run("selfconsciousness", "--source", clone, "--lake", lake)
    assert "all of them are in the lake already, nothing written" in again.stderr
    assert rows(lake, "SELECT * FROM questions_history ORDER BY question_id") == stored
    assert rows(lake, "SELECT * FROM audits ORDER BY ALL") == audits
    assert open_lake(lake).digest() == digest


def test_json_is_the_only_thing_on_stdout(tmp_path, lake):
    clone = write_clone(tmp_path / "clone")
    result = run("selfconsciousness", "--source", clone, "--lake", lake, "--json")
    value = json.loads(result.stdout)
    assert (value["rows"], value["written"]) == (20, 19)
    assert value["datasets"] == ["selfconsciousness/acquisition", "selfconsciousness"]
    assert {"dataset", "concept", "audit", "severity", "count", "example"} <= set(
        value["audits"][0]
    )


def test_offline_without_a_source_says_how_to_go_on(lake, monkeypatch):
    for scheme in ("http", "https"):
        monkeypatch.setenv(f"{scheme}_proxy", "http://127.0.0.1:9")
    result = run("selfconsciousness", "--lake", lake)
    assert result.exit_code == 2
    assert "--source PATH" in result.stderr
    assert pinned.selfconsciousness().commit in result.stderr
    assert result.stdout == ""
    assert not Path(lake).exists()


def test_the_starter_set(lake):
    first = run("starter", "--lake", lake)
    assert first.exit_code == 0
    assert rows(
        lake, "SELECT count(DISTINCT concept) FROM questions WHERE dataset = 'starter'"
    ) == [(10,)]
    assert rows(lake, "SELECT count(*) FROM audits WHERE severity <> 'info'") == [(0,)]
    assert "nothing written" in run("starter", "--lake", lake).stderr


def test_questions_from_a_file_with_other_names(tmp_path, lake):
    path = tmp_path / "mine.parquet"
    pl.DataFrame({"prompt": ["Up?"], "options": [["yes", "no"]], "gold": ["no"]}).write_parquet(
        path
    )
    arguments = ("--map", "prompt=question", "--map", "options=choices", "--map", "gold=answer")
    done = run("questions", path, *arguments, "--dataset", "sky", "--concept", "up", "--lake", lake)
    assert done.exit_code == 0
    stored = rows(lake, "SELECT dataset, concept, answer, source_file FROM questions")
    assert stored == [("sky", "up", "B", "mine.parquet")]


def test_a_mistyped_column_is_pointed_out(tmp_path, lake):
    path = tmp_path / "mine.csv"
    path.write_text("question,choice_a,choice_b,anwser\nUp?,yes,no,A\n")
    done = run("questions", path, "--lake", lake)
    assert "Did you mean 'answer' by column 'anwser'?" in done.stderr
    assert done.stderr.count("Did you mean") == 1
    assert rows(lake, "SELECT metadata FROM questions") == [('{"anwser":"A"}',)]


def test_a_corrected_file_renews_its_questions(tmp_path, lake):
    path = tmp_path / "mine.jsonl"
    for answer in ("A", "B"):
        path.write_text(json.dumps({"question": "Up?", "choices": ["a", "b"], "answer": answer}))
        run("questions", path, "--lake", lake)
    assert rows(lake, "SELECT answer FROM questions") == [("B",)]


def test_what_a_corrected_file_no_longer_holds_is_said(tmp_path, lake):
    path = tmp_path / "mine.csv"
    path.write_text("question,choice_a,choice_b,answer\nUp?,yes,no,A\nDonw?,yes,no,B\n")
    run("questions", path, "--lake", lake)
    path.write_text("question,choice_a,choice_b,answer\nUp?,yes,no,A\nDown?,yes,no,B\n")
    again = run("questions", path, "--lake", lake)
    assert "1 question of mine stood in an earlier mine.csv and not in this one" in again.stderr


def test_columns_without_a_meaning_are_named(tmp_path, lake):
    path = tmp_path / "mine.csv"
    path.write_text("prompt,opt_a,opt_b,key\nUp?,yes,no,A\n")
    done = run("questions", path, "--lake", lake, "--map", "prompt=question")
    assert "not used, kept in metadata: key, opt_a, opt_b" in done.stderr
    assert "no row has options. If columns hold them, name each" in done.stderr


def test_answers_reach_the_lake_by_the_command(tmp_path, lake):
    path = tmp_path / "mine.csv"
    path.write_text(
        "question,choice_a,choice_b,gold,reply,speed\nUp?,yes,no,yes,(A),3\nDown?,yes,no,no,B,4\n"
    )
    arguments = ("--model", "m", "--map", "gold=answer", "--map", "reply=text", "--lake", lake)
    done = run("responses", path, *arguments)
    assert done.exit_code == 0
    assert "Columns not kept: speed." in done.stderr
    assert "Next: mirrorlake analyze quantify" in done.stderr
    assert rows(lake, "SELECT count(*) FROM responses") == [(2,)]
    assert "nothing written" in run("responses", path, *arguments).stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("questions", "absent.csv"), "There is no file 'absent.csv'"),
        (("responses", "absent.csv"), "There is no file 'absent.csv'"),
        (("selfconsciousness", "--source", "absent"), "There is no folder 'absent'"),
        (("questions", "mine.csv", "--map", "prompt"), "is not THEIRS=OURS"),
    ],
)
def test_bad_input_is_one_sentence_and_no_lake(tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").write_text("question\nUp?\n")
    result = run(*arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "lake").exists()


def test_answers_are_ingested_where_torch_cannot_be_imported(tmp_path):
    for name in ("torch", "transformers"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('not installed')")
    path = tmp_path / "mine.jsonl"
    record = {"question": "Up?", "choices": ["yes", "no"], "answer": "A", "model": "m", "text": "A"}
    path.write_text(json.dumps(record))
    command = [sys.executable, "cli.py", "ingest", "responses", str(path)]
    done = subprocess.run(
        [*command, "--lake", str(tmp_path / "lake")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "1 response written" in done.stderr
