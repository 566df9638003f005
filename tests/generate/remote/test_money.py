"""Budgets, previews, unknown prices, and what `lake cost` says of it all."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from generate.preview import preview_responses
from generate.remote.purse import Purse
from generate.responses import generate_all, generate_responses
from studies.config import load
from studies.steps import run as run_study
from tests.conftest import ROOT
from tests.generate.remote.asked import (
    anthropic_model,
    assert_explained,
    job,
    make_lake,
    openai_model,
    price_file,
    rows,
)
from warehouse.errors import BudgetError, InputError
from warehouse.spending import by_day, spent_by_study

COSTS = "SELECT sum(cost_usd), count(*) FROM responses"


@pytest.fixture
def lake(tmp_path):
    return make_lake(tmp_path / "lake", 20)


@pytest.fixture
def model(server):
    return openai_model(server.url)


@pytest.fixture
def prices(tmp_path, model, server):
    return price_file(tmp_path / "p.toml", model, anthropic_model(server.url))


def test_a_preview_asks_nothing_and_bounds_the_bill(lake, server, model, prices):
    found = preview_responses(lake, job(model, prices))
    assert (found.requests, found.cached, server.bills()) == (40, 0, [])
    assert "estimated" in found.tokens
    done = generate_responses(lake, job(model, prices))
    assert 0 < done.cost_usd <= found.usd <= found.most_usd
    # With answers in the lake the next preview expects replies of their length.
    more = preview_responses(lake, job(model, prices, redo=("ok",)))
    assert done.cost_usd == pytest.approx(more.usd, rel=0.2)
    assert preview_responses(lake, job(model, prices)).usd == 0.0


def test_half_is_expected_of_a_batch(lake, model, prices):
    single = preview_responses(lake, job(model, prices))
    batch = preview_responses(lake, job(model, prices, batch=True))
    assert batch.most_usd == pytest.approx(single.most_usd / 2)


def test_local_models_are_free_and_exact(lake):
    found = preview_responses(lake, job("mirror-tiny/base"))
    assert (found.usd, found.most_usd) == (0.0, 0.0)
    assert "exact" in found.tokens


def test_the_budget_is_never_passed(lake, server, model, prices):
    purse = Purse(0.0004)
    with pytest.raises(BudgetError, match="budget") as stopped:
        generate_responses(lake, job(model, prices), purse)
    assert stopped.value.exit_code == 4
    [(cost, answered)] = rows(lake, COSTS)
    assert 0 < answered < 40
    assert cost == pytest.approx(purse.spent)
    billed = sum(bill.input_tokens + 2 * bill.output_tokens for bill in server.bills()) / 1e6
    assert billed <= 0.0004
    assert generate_responses(lake, job(model, prices)).cached == answered


def test_lost_tries_count_at_their_most(lake, server, model, prices):
    server.control(faults={"disconnect": 1.0}, faults_a_request=1)
    purse = Purse(0.002)
    with pytest.raises(BudgetError):
        generate_responses(lake, job(model, prices), purse)
    billed = sum(bill.input_tokens + 2 * bill.output_tokens for bill in server.bills()) / 1e6
    assert billed <= 0.002
    lost = "SELECT sum(coalesce(cost_usd, max_cost_usd)) FROM attempts"
    assert rows(lake, lost)[0][0] == pytest.approx(purse.spent)


def test_one_budget_holds_for_all_models_of_a_command(lake, server, model, prices):
    other = anthropic_model(server.url)
    purse = Purse(0.002)
    jobs = [job(model, prices), job(other, prices)]
    with pytest.raises(BudgetError):
        generate_all(lake, jobs, purse)
    models = rows(lake, "SELECT DISTINCT model_id FROM responses")
    assert len(models) == 2
    assert rows(lake, COSTS)[0][0] <= 0.002


def test_without_a_price_there_is_no_budget(lake, server, model):
    with pytest.raises(InputError, match="is not known, so no budget"):
        generate_responses(lake, job(model), Purse(5.0))
    assert server.bills() == []


def test_an_unknown_price_is_null_and_loud(lake, model, capsys):
    found = preview_responses(lake, job(model))
    assert (found.usd, found.most_usd, found.price_table) == (None, None, None)
    assert "not 0 but unknown" in capsys.readouterr().err
    done = generate_responses(lake, job(model))
    assert (done.cost_usd, done.unpriced) == (None, 40)
    assert "stands as NULL, not as 0" in capsys.readouterr().err
    assert rows(lake, "SELECT DISTINCT cost_usd, price_table FROM responses") == [(None, None)]
    [row] = by_day(lake)
    assert (row["unpriced"], row["cost_usd"]) == (40, None)


def test_a_price_of_nothing_is_not_an_unknown_price(tmp_path, lake, model):
    path = tmp_path / "free.toml"
    price_file(path, model)
    path.write_text(path.read_text().replace("1.0", "0.0").replace("2.0", "0.0"))
    done = generate_responses(lake, job(model, str(path)), Purse(0.0))
    assert (done.cost_usd, done.unpriced) == (0.0, 0)


def test_costs_by_study_model_and_day(lake, server, model, prices):
    generate_responses(lake, job(model, prices, study="first", limit=5))
    generate_responses(lake, job(model, prices, study="second"))
    server.control(faults={"truncated_json": 1.0}, faults_a_request=1)
    generate_responses(lake, job(anthropic_model(server.url), prices, study="second", limit=5))
    found = {(row["study"], row["model"].split(":")[0]): row for row in by_day(lake)}
    assert {key: row["attempts"] for key, row in found.items()} == {
        ("first", "openai"): 10,
        ("second", "openai"): 30,
        ("second", "anthropic"): 20,
    }
    lost = found["second", "anthropic"]
    assert lost["unknown_outcomes"] == 10
    assert lost["most_unknown_usd"] > lost["cost_usd"] > 0
    second = sum(row["cost_usd"] + row["most_unknown_usd"] for row in by_day(lake, "second"))
    assert spent_by_study(lake, "second") == pytest.approx(second)
    assert_explained(lake, server)


STUDY = """
name = "dear"
question = "What does it cost?"
budget_usd = {budget}
prices = "p.toml"

[[generate]]
questions = "sample"
models = ["{model}"]
readings = ["text"]

[[analyze]]
analysis = "quantify"
questions = ["sample"]
"""


def test_a_study_counts_what_it_has_spent_over_all_its_runs(tmp_path, lake, server, model, prices):
    path = tmp_path / "dear.toml"
    spent = []
    for budget in (0.0004, 0.0004, 0.0008):
        path.write_text(STUDY.format(budget=budget, model=model))
        with pytest.raises(BudgetError, match="budget_usd of the study 'dear'"):
            run_study(lake, load(path), path, tmp_path / "report")
        spent.append(spent_by_study(lake, "dear"))
        assert spent[-1] <= budget
    assert spent[0] == spent[1] < spent[2]


def test_the_command_says_so_and_ends_with_four(lake, server, model, prices):
    done = subprocess.run(
        [sys.executable, "cli.py", "generate", "responses", "--questions", "sample", "--model",
         model, "--reading", "text", "--prices", prices, "--max-usd", "0.0004", "--lake",
         str(lake.path), "--json"],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 4, done.stderr
    assert "The budget (--max-usd) is reached" in done.stderr
    assert "Traceback" not in done.stderr
    [summary] = json.loads(done.stdout)
    assert summary["cost_usd"] > 0
    assert 0 < summary["statuses"]["ok"] < 40


def test_a_dry_run_prints_requests_tokens_and_price(lake, server, model, prices):
    done = subprocess.run(
        [sys.executable, "cli.py", "generate", "responses", "--questions", "sample", "--model",
         model, "--dry-run", "--prices", prices, "--lake", str(lake.path), "--json"],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    [found] = json.loads(done.stdout)
    assert (found["requests"], found["cached"]) == (40, 0)
    assert found["most_usd"] > found["usd"] > 0
    assert server.bills() == []
