"""The headline: every model that answered, by the reading it has, and no more than is known."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from cli import main
from reports.build import build_report
from reports.verdicts import doubted
from tests.reports import example
from tests.reports.conftest import DIGEST
from tests.reports.reading import words

ASKED = [f"Does knot {i} hold?" for i in range(10)]
REPLIES = (*["A"] * 7, "It depends.", "Ask the crew.", "I am sorry.")
FILES = {
    "all knots.csv": ["prompt,choice_a,choice_b,answer", *(f"{q},yes,no,A" for q in ASKED)],
    "said.csv": [
        "question,model,text",
        *(f"{q},sailor-7b,{reply}" for q, reply in zip(ASKED, REPLIES, strict=True)),
    ],
    "scored.csv": [
        "question,model,choice_logprobs,variant",
        *(f'{q},scored,"[-0.1, -2.5]",{order}' for q in ASKED for order in ("AB", "BA")),
    ],
}


def run(*arguments: str) -> None:
    done = CliRunner().invoke(main, list(arguments))
    assert done.exit_code == 0, done.output


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report on ten questions that two other tools put to a model each, as its words."""
    folder = tmp_path_factory.mktemp("sea")
    for name, lines in FILES.items():
        (folder / name).write_text("\n".join(lines))
    lake = ("--lake", str(folder / "lake"))
    file = str(folder / "all knots.csv")
    run("ingest", "questions", file, "--dataset", "sea", "--map", "prompt=question", *lake)
    for name in ("said.csv", "scored.csv"):
        run("ingest", "responses", str(folder / name), "--dataset", "sea", *lake)
    run("analyze", "quantify", *lake)
    run("report", "--out", str(folder / "out"), *lake)
    return words((folder / "out" / "index.html").read_text("utf-8"))


def test_every_model_is_told_by_the_reading_it_has(text: str) -> None:
    assert "scored is above chance in sea (letter reading)" in text
    assert "sailor-7b is above chance in sea (text reading), 100% [" in text
    assert "the answers of sailor-7b (text) were read otherwise" in text
    assert "Not counted: 3 of 10 questions without a readable answer." in text


def test_unread_replies_are_counted_on_top(text: str) -> None:
    assert "3 of 10 replies could not be read (1 refused and 2 unparseable)." in text


def test_models_without_a_shared_reading_are_not_called_one_model(text: str) -> None:
    assert "No two models or conditions answered the same questions under the same reading" in text
    assert "Only one model answered" not in text


def test_a_model_that_cannot_be_asked_here_is_not_suggested(text: str) -> None:
    assert "--questions sea --model MODEL --reading letter" in text
    assert "--model sailor-7b" not in text


def test_commands_to_run_again_name_file_and_map(text: str) -> None:
    again = "ingest questions 'all knots.csv' --dataset sea --map prompt=question"
    assert text.count(again) == 1


def accuracies(tables: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return the accuracies under the letter reading, to be changed in place."""
    return [
        row
        for row in tables["results"]
        if row["metric"] == "accuracy" and row["reading"] == "letter"
    ]


def built(tables: dict[str, list[dict[str, Any]]]) -> str:
    return words(build_report(example.connect(tables), DIGEST, "demo"))


def test_more_than_two_models_get_a_line_with_their_accuracies() -> None:
    tables = example.tables(("a", "b", "c"), concepts=("belief", "self_improve"))
    for row in accuracies(tables):
        known = row["concept"] == "belief"
        row |= {"estimate": 0.9 if known else 0.5, "p_adjusted": 0.01 if known else 0.8}
    text = built(tables)
    line = "(letter reading): above chance in 1 of 2 concepts (90%), chance not excluded in 1 (50%)"
    assert text.count(line) == 3


def test_a_model_without_any_estimate_is_named_with_the_reason() -> None:
    tables = example.tables(("first", "second"), concepts=("belief",))
    for row in tables["results"]:
        if row["metric"] == "accuracy" and row["model_id"] == "m1_1":
            row |= {"estimate": None, "ci_low": None, "ci_high": None, "reason": "no answer read"}
    assert "second has no accuracy here. Belief: no answer read." in built(tables)


@pytest.mark.parametrize(
    ("estimate", "p", "said"),
    [(0.9, 0.01, "is above chance in belief (letter reading), 90% ["),
     (0.5, 0.9, "is not above chance in belief (letter reading). It scores 50% [")],
)  # fmt: skip
def test_one_concept_is_said_in_the_singular(estimate: float, p: float, said: str) -> None:
    tables = example.tables(concepts=("belief",))
    for row in accuracies(tables):
        row |= {"estimate": estimate, "p_adjusted": p, "n_clusters": 1}
    text = built(tables)
    assert said in text
    assert "1 concepts" not in text
    assert "in 1 cluster a concept" in text


def test_concepts_alike_are_said_as_a_range_with_their_lowest_bound() -> None:
    tables = example.tables(concepts=("belief", "harm", "intention"))
    for row, share in zip(accuracies(tables), (1.0, 0.9969, 0.5), strict=True):
        row |= {"estimate": share, "ci_low": 0.41, "p_adjusted": 0.001 if share > 0.5 else 0.9}
    said = "belief and harm, 99.7% to 100%, each with a lower bound of 41% or more."
    assert said in built(tables)


def test_a_score_at_chance_leaves_nothing_to_explain() -> None:
    tables = example.tables(concepts=("harm",))
    for row in tables["results"]:
        if row["metric"] == "accuracy":
            row["p_adjusted"] = 0.9
    text = built(tables)
    assert "No model is shown to be above chance, so nothing is to be explained." in text
    assert "cannot be ruled out in harm" not in text


def test_near_totals_keep_what_tells_them_from_all() -> None:
    tables = example.tables(concepts=("belief", "harm"))
    for row, share in zip(accuracies(tables), (1.0, 0.9969), strict=True):
        row |= {"estimate": share, "ci_low": 0.91, "p_adjusted": 0.001}
    assert "in all 2 concepts (letter reading), 99.7% to 100%." in built(tables)


@pytest.mark.parametrize(("orders", "said"), [([2, 2], True), ([1, 1], False)])
def test_a_mean_over_orders_is_said_only_of_several(orders: list[int], said: bool) -> None:
    tables = example.tables(concepts=("belief",))
    for row in accuracies(tables):
        row["detail"] = json.dumps({"orders": orders})
    assert ("mean over the orders" in built(tables)) is said


def test_uncertain_coverage_is_said_below_the_first_chart_too() -> None:
    tables = example.tables(concepts=("belief",))
    for row in accuracies(tables):
        row["detail"] = json.dumps({"below_coverage_rule": True})
    note = "Too few effective answers to promise the intervals' coverage"
    answer, accuracy = built(tables).split("Accuracy under each reading")
    assert note in answer
    assert note in accuracy


@pytest.mark.parametrize(("p", "flag", "expected"), [
    (0.01, "baseline_longer_option", True), (0.3, "baseline_longer_option", False),
    (0.01, None, False),
])  # fmt: skip
def test_only_a_score_above_chance_needs_explaining(
    p: float, flag: str | None, expected: bool
) -> None:
    detail = json.dumps({"flag": flag} if flag else {})
    row = {"estimate": 0.8, "null_value": 0.5, "p_adjusted": p, "detail": detail}
    assert doubted(row) is expected


def test_a_rule_is_said_not_to_be_ruled_out_in_answer_and_section() -> None:
    text = built(example.tables())
    assert "A rule that reads no meaning cannot be ruled out in harm: its score reaches" in text
    assert "Above chance, but a rule is not ruled out" in text
    assert "as well or better" not in text
