"""Questions without a right answer: estimates say so, and the report leaves out what needs one."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from cli import main
from tests.reports.reading import words

HEAD = "question,choice_a,choice_b,model,choice_logprobs,variant"
ORDERS = ("AB", "BA")
LINES = [f'Is {i} odd?,yes,no,m,"[-0.1, -2.{i}]",{order}' for i in range(4) for order in ORDERS]


def run(*arguments: str) -> str:
    done = CliRunner().invoke(main, list(arguments))
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def page(tmp_path):
    (tmp_path / "said.csv").write_text("\n".join([HEAD, *LINES]))
    lake = str(tmp_path / "lake")
    run("ingest", "responses", str(tmp_path / "said.csv"), "--lake", lake)
    shown = run("analyze", "quantify", "--lake", lake)
    run("report", "--lake", lake, "--out", str(tmp_path / "report"))
    return shown, (tmp_path / "report" / "index.html").read_text("utf-8")


def test_what_needs_a_right_answer_is_left_out_and_says_why(page):
    shown, html = page
    assert "no question with a known right answer" in shown
    text = words(html)
    assert "No question of said has a known right answer" in text
    assert "What does a single item look like?" in text
    for section in ("Could it be the order of the options?", "Model against model"):
        assert section not in text
