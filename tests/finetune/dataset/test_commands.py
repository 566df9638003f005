"""The commands that make training sets: options reach the rows, mistakes are one sentence."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from cli import main
from tests.finetune.dataset import made
from tests.finetune.dataset.made import SET


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    place = tmp_path_factory.mktemp("commands") / "lake"
    made.make(place, "target", "other").close()
    return str(place)


def run(lake, kind, *arguments):
    given = ["finetune", "dataset", kind, "--questions", SET, "--lake", lake, *arguments]
    return CliRunner().invoke(main, given)


def test_a_set_is_made_shown_and_exported(lake, tmp_path):
    exported = tmp_path / "rows.jsonl"
    done = run(
        lake, "self-prediction", "--name", "all-options", "--target", "target",
        "--for", "target", "--hold-out-tasks", "words", "--properties", "first_character",
        "--per-cell", "6", "--balance", "--divergent-from", "other", "--rehearse", "0.25",
        "--rehearse-split", "val", "--seed", "3", "--export", str(exported), "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    shown = json.loads(done.stdout)
    assert shown["counts"] == {"hypothetical": 6, "rehearsal": 2} and shown["n_rows"] == 8
    assert len(exported.read_text().splitlines()) == 8
    assert "finetune lora --base target --dataset all-options" in done.stderr


def test_answers_are_made_by_command(lake):
    done = run(
        lake, "answers", "--name", "new", "--reply", "other", "--split", "train", "--split",
        "val", "--hypothetical", "0.5", "--hypothetical-split", "train", "--json",
    )  # fmt: skip
    assert json.loads(done.stdout)["counts"] == {"hypothetical": 32, "object": 40}
    control = run(lake, "answers", "--name", "control", "--shuffle-labels", "--json")
    assert json.loads(control.stdout)["counts"] == {"object": 32}


def test_models_that_rehearse_apart_cannot_be_exported_together(lake, tmp_path):
    done = run(
        lake, "self-prediction", "--name", "apart", "--target", "target", "--for", "target",
        "--for", "other", "--rehearse", "4", "--export", str(tmp_path / "rows.jsonl"),
    )  # fmt: skip
    assert (done.exit_code, len(list(tmp_path.iterdir()))) == (2, 0)
    assert "--for MODEL" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--target", "targt"), "Did you mean 'target'"),
        (("--target", "target", "--tasks", "word"), "Did you mean 'words'"),
        (("--target", "target", "--tasks", "words", "--hold-out-tasks", "words"), "not both"),
    ],
)
def test_mistakes_are_one_sentence(lake, arguments, sentence):
    done = run(lake, "self-prediction", "--name", "wrong", *arguments)
    assert done.exit_code == 2 and sentence in done.stderr
    assert done.stderr.count("\n") == 1
