from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import main
from studies.config import load
from warehouse.errors import InputError

ROOT = Path(__file__).resolve().parents[2]

GOOD = """
name = "mine"
question = "Does it know?"
[[ingest]]
source = "starter"
[[generate]]
questions = "starter"
models = ["mirror-tiny/base"]
[[analyze]]
analysis = "quantify"
questions = ["starter"]
"""


@pytest.mark.parametrize("path", sorted((ROOT / "studies").glob("*.toml")), ids=lambda p: p.name)
def test_every_shipped_study_is_valid(path):
    assert load(path).name == path.stem


def test_a_good_file_loads(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    study = load(path)
    assert study.generate[0].readings == ()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("question =", "qestion =", "'qestion' is not a setting. Did you mean 'question'?"),
        ("models =", "model =", "Did you mean 'models'?"),
        (
            'source = "starter"',
            'source = "starters"',
            "[[ingest]] number 1, 'source': ",
        ),
        ('analysis = "quantify"', 'analysis = "quantfy"', "Did you mean 'quantify'?"),
        ('name = "mine"', 'name = "my study"', "'name': \"my study\" may hold letters, digits"),
        ('["mirror-tiny/base"]', "[]", "[[generate]] number 1, 'models'"),
        ('["mirror-tiny/base"]', '"mirror-tiny/base"', 'such as ["mirror-tiny/base"]'),
        ("[[generate]]", "[generate]", "write [[generate]] in double brackets"),
        ("[[generate]]", "[generate]\n[generate]", "Write [[generate]] in double brackets"),
        ("[[analyze]]", "[[analyse]]", "'analyse' is not a setting"),
        ('name = "mine"', "name = ", "cannot be read"),
    ],
)
def test_a_bad_file_is_one_sentence_before_anything_runs(tmp_path, old, new, message):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(InputError) as caught:
        load(path)
    assert message in str(caught.value)
    done = CliRunner().invoke(main, ["run", str(path), "--lake", str(tmp_path / "lake")])
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "lake").exists()


def test_a_missing_file_names_the_nearest(tmp_path):
    (tmp_path / "demo.toml").write_text(GOOD)
    with pytest.raises(InputError, match=r"demo\.toml"):
        load(tmp_path / "dmeo.toml")


def test_a_sentence_quotes_a_long_value_in_brief(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace('"mine"', f'"{"long " * 200}"'))
    with pytest.raises(InputError) as caught:
        load(path)
    assert len(str(caught.value)) < 300
