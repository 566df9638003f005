"""What the mutations found once, each as the smallest file that shows it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import main
from console import LONGEST_LINE
from ingest.logs.credentials import without_credentials
from ingest.tables import read_table
from tests.hostile.seeds import ANSWERS, QUESTIONS, STUDY, as_jsonl, as_toml
from warehouse.errors import InputError

OWN = ("source_row", "n_choices", "model_id", "condition_id", "request_key", "reading", "place")


def bring(folder: Path, kind: str, name: str, data: bytes) -> Result:
    file = folder / name
    file.write_bytes(data)
    words = ["run"] if kind == "run" else ["ingest", kind]
    return CliRunner().invoke(main, [*words, str(file), "--lake", str(folder / "lake")])


def test_columns_that_the_lake_makes_itself_are_not_taken_from_a_file(tmp_path: Path) -> None:
    odd = [row | dict.fromkeys(OWN, "[]") for row in ANSWERS]
    done = bring(tmp_path, "responses", "a.jsonl", as_jsonl(odd))
    assert done.exit_code == 0, done.output
    assert "Columns not kept: condition_id, model_id, n_choices" in done.stderr
    done = bring(tmp_path, "questions", "q.jsonl", as_jsonl([QUESTIONS[0] | {"source_row": "[]"}]))
    assert done.exit_code == 0, done.output
    assert "Column 'source_row' is not kept" in done.stderr


@pytest.mark.parametrize("words", [("ingest", "questions"), ("ingest", "inspect"), ("run",)])
@pytest.mark.parametrize("name", ["a.json", "a.toml", "a.eval"])
def test_a_pipe_or_a_device_is_refused_at_once(tmp_path: Path, words: tuple, name: str) -> None:
    pipe, endless = tmp_path / name, tmp_path / f"zero-{name}"
    os.mkfifo(pipe)
    endless.symlink_to("/dev/zero")
    for path in (pipe, endless):
        done = CliRunner().invoke(main, [*words, str(path), "--lake", str(tmp_path / "lake")])
        assert (done.exit_code, done.stderr.count("\n")) == (2, 1), done.output


def test_a_mixture_deep_inside_a_column_does_not_make_polars_panic(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tags = [[None], -(2**63) - 1, "text", [0.5, -1.0], "more"]
    rows = [{"question": "Up?", "note": {"tags": tag}} for tag in tags]
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(rows))
    frame, _ = read_table(file)
    assert frame["note"].to_list()[:2] == ['{"tags":[null]}', '{"tags":-9223372036854775809}']
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("odd", ["9" * 5000, "[" * 5000 + "]" * 5000])
def test_a_study_file_beyond_what_toml_readers_hold_is_one_sentence(
    tmp_path: Path, odd: str
) -> None:
    done = bring(tmp_path, "run", "s.toml", as_toml(STUDY) + f"odd = {odd}\n".encode())
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "cannot be read" in done.stderr


def test_a_line_that_quotes_a_whole_file_is_cut_in_its_middle(tmp_path: Path) -> None:
    done = bring(tmp_path, "responses", "a.jsonl", as_jsonl([ANSWERS[0] | {"x" * 100_000: 1}]))
    assert done.exit_code == 0
    assert all(len(line) <= LONGEST_LINE for line in done.stderr.splitlines())


def test_fields_named_like_keys_are_left_out_and_others_stay() -> None:
    kept = {"max_tokens": 7, "eos_token": "</s>", "tokenizer": "llama", "args": "max_tokens=7"}
    secret = {"api_key": "s", "HF_TOKEN": "s", "headers": {"Authorization": "Bearer s"}}
    found = without_credentials(kept | secret | {"args": "api_key=s,max_tokens=7"})
    assert found == kept | {
        "api_key": "(left out)", "HF_TOKEN": "(left out)",
        "headers": {"Authorization": "(left out)"}, "args": "api_key=(left out),max_tokens=7",
    }  # fmt: skip
    assert without_credentials(["https://me:s@host/v1"]) == ["https://host/v1"]


def test_a_file_with_half_a_row_is_an_input_error(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text('[{"question": "Up?", "note": [NaN, "a"]}]')
    with pytest.raises(InputError, match=r"mine\.json: rows that cannot be read"):
        read_table(file)
