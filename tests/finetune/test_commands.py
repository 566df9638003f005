from __future__ import annotations

import sys

import pytest
from click.testing import CliRunner

from finetune.commands import finetune


def run(*args):
    return CliRunner().invoke(finetune, ["organisms", *args])


def test_an_unknown_name_is_refused_with_the_nearest(tmp_path):
    result = run("bas", "--out", str(tmp_path / "new"))
    assert result.exit_code == 2
    assert "Did you mean 'base'?" in result.stderr
    assert not (tmp_path / "new").exists()


def test_a_folder_that_exists_is_never_overwritten(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("mine")
    result = run("base", "--out", str(tmp_path / "kept"))
    assert result.exit_code == 2
    assert "exists already" in result.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["kept", "file"]


def test_without_torch_a_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "finetune.base.build", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    result = run("base", "--out", str(tmp_path / "new"))
    assert result.exit_code == 2
    assert "pip install 'mirrorlake[local]'" in result.stderr


def test_help_has_an_example():
    result = run("--help")
    assert result.exit_code == 0 and "Example: mirrorlake finetune organisms base" in result.output


@pytest.mark.parametrize("seed", ["-1", str(2**32), "9" * 30])
def test_a_seed_that_no_generator_takes_is_one_sentence(tmp_path, seed):
    done = run("base", "--seed", seed, "--out", str(tmp_path / "out"))
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert list(tmp_path.iterdir()) == []
