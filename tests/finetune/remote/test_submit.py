"""Fine-tuning at a provider: paid once, found again, brought home; against the loopback server."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from cli import main
from finetune.remote import overseeing, price, states, submitting
from finetune.remote.job import Settings
from finetune.remote.submitting import Submission, submit
from generate.engines.base import Asking, Options, Sampling
from generate.job import ResponsesJob
from generate.responses import generate_responses
from tests.finetune.remote import handed
from tests.finetune.remote.handed import SET, job, only, rows
from tests.provider import Provider
from tests.samples import question
from tests.workers import failures
from warehouse import views
from warehouse.errors import BudgetError, InputError, PartialError, ProviderError

WORK = "tests.finetune.remote.survive_submit"


@pytest.fixture(scope="module")
def running():
    with Provider(seed=3, hold_seconds=0.05) as made:
        yield made


@pytest.fixture
def server(running):
    running.reset()
    return running


@pytest.fixture
def lake(tmp_path, monkeypatch):
    # The views of the analyses take most of the time of small runs.
    monkeypatch.setattr(views, "analysis_views", dict)
    made = handed.begin(tmp_path / "lake")
    yield made
    made.close()


def uploads(server):
    return server.seen()["received"].get("/v1/files", 0)


def test_a_job_is_submitted_once_and_its_model_comes_home(lake, server):
    settings = Settings(epochs=2, seed=5, suffix="mine")
    made = submit(lake, job(server.url, settings=settings))
    assert made["state"] == "submitted" and made["n_rows"] == handed.ROWS
    [remote] = server.jobs()
    assert remote["id"] == made["remote_id"] and remote["seed"] == 5
    assert remote["hyperparameters"]["n_epochs"] == 2
    assert submit(lake, job(server.url, settings=settings))["remote_id"] == made["remote_id"]
    assert overseeing.collect_all(lake, Options()) == 1
    found = only(lake)
    assert (found["state"], found["tuned_model"]) == ("succeeded", remote["fine_tuned_model"])
    assert found["cost_usd"] == pytest.approx(3e-6 * remote["trained_tokens"])
    assert found["cost_usd"] <= found["max_cost_usd"]
    assert submit(lake, job(server.url, settings=settings))["state"] == "succeeded"
    assert overseeing.collect_all(lake, Options()) == 0
    assert len(server.jobs()) == uploads(server) == 1
    query = "SELECT outcome, cost_usd, max_cost_usd FROM attempts"
    assert rows(lake, query) == [("ok", found["cost_usd"], found["max_cost_usd"])]


def test_other_settings_are_another_job(lake, server):
    for seed in (1, 2):
        submit(lake, job(server.url, settings=Settings(seed=seed)))
    assert len(server.jobs()) == len(states.known(lake, "submitted")) == 2


def test_the_model_answers_under_its_name_and_stays_known_as_trained(lake, server):
    submit(lake, job(server.url))
    overseeing.collect_all(lake, Options())
    tuned = only(lake)["tuned_model"]
    name = f"openai:{tuned}@{server.url}/v1"
    with lake.run("ingest questions") as run:
        run.append("questions", [question(0)])
    asking = Asking(sampling=Sampling(max_tokens=5))
    generate_responses(lake, ResponsesJob("sample", name, ("text",), asking=asking))
    [(found, run, seed, card)] = rows(
        lake,
        "SELECT DISTINCT m.name, m.training_run, m.seed, m.card FROM responses r"
        " JOIN models m USING (model_id)",
    )
    assert (found, run, seed) == (name, only(lake)["job_id"], 0)
    assert json.loads(card)["training_set_id"] == only(lake)["training_set_id"]


def test_a_dry_run_prices_and_sends_nothing(lake, server):
    preview = Submission(lake, job(server.url, settings=Settings(epochs=3))).preview()
    assert preview.rows == handed.ROWS and preview.tokens <= preview.most_tokens
    assert preview.usd == pytest.approx(3e-6 * preview.tokens)
    assert preview.most_usd == pytest.approx(3e-6 * preview.most_tokens)
    done = CliRunner().invoke(
        main,
        ["finetune", "submit", "openai", "--dataset", SET, "--dry-run", "--json", "--lake",
         str(lake.path), "--base", f"openai:gpt-loop@{server.url}/v1"],
    )  # fmt: skip
    assert done.exit_code == 0
    shown = json.loads(done.stdout)
    assert (shown["usd"], shown["price"]) == (None, None)
    assert uploads(server) == 0 and server.jobs() == []


def test_no_trained_token_is_left_out_of_the_highest_price(lake, server):
    most = Submission(lake, job(server.url)).preview().most_tokens
    submit(lake, job(server.url))
    assert server.jobs()[0]["trained_tokens"] <= most


def test_a_budget_is_kept_before_anything_leaves(lake, server):
    most = Submission(lake, job(server.url)).preview().most_usd
    with pytest.raises(BudgetError, match="Nothing was sent"):
        submit(lake, job(server.url, max_usd=most * 0.99))
    with pytest.raises(InputError, match="--usd-per-million"):
        submit(lake, job(server.url, max_usd=1.0, usd_per_million=None))
    assert uploads(server) == 0 and states.known(lake) == []
    submit(lake, job(server.url, max_usd=most))


def test_an_unknown_price_is_null_and_loud(lake, server, capsys):
    submit(lake, job(server.url, usd_per_million=None))
    assert "is not known and stands as NULL" in capsys.readouterr().err
    overseeing.collect_all(lake, Options())
    assert (only(lake)["max_cost_usd"], only(lake)["cost_usd"]) == (None, None)
    assert rows(lake, "SELECT outcome, cost_usd, max_cost_usd FROM attempts") == [
        ("ok", None, None)
    ]


def test_a_job_made_without_a_reply_is_found_and_not_made_again(lake, server):
    server.control(create_then_timeout=1)
    made = submit(lake, job(server.url))
    assert (made["state"], made["remote_id"]) == ("submitted", server.jobs()[0]["id"])
    assert len(server.jobs()) == 1


def test_a_job_that_is_listed_late_waits_and_is_found_later(lake, server):
    server.control(create_then_timeout=1, list_lag_seconds=3600.0)
    for _ in range(2):
        with pytest.raises(PartialError, match="finetune jobs --collect"):
            submit(lake, job(server.url))
    assert only(lake)["state"] == "unknown" and len(server.jobs()) == 1
    server.control(list_lag_seconds=0.0)
    assert overseeing.collect_all(lake, Options()) == 1
    assert only(lake)["state"] == "succeeded" and len(server.jobs()) == 1


def test_another_file_on_the_same_base_is_not_taken_for_ours(lake, server):
    submit(lake, job(server.url, settings=Settings(seed=1)))
    server.control(create_error=1)
    with pytest.raises(PartialError):
        submit(lake, job(server.url, settings=Settings(seed=2)))
    assert [row["state"] for row in states.known(lake)] == ["submitted", "unknown"]


def test_a_lost_job_is_made_again_only_when_given_up(lake, server):
    server.control(create_error=1)
    with pytest.raises(PartialError):
        submit(lake, job(server.url))
    lost = only(lake)
    assert lost["state"] == "unknown" and server.jobs() == []
    overseeing.abandon(lake, lost["job_id"])
    assert submit(lake, job(server.url))["job_id"] != lost["job_id"]
    assert len(server.jobs()) == 1
    with pytest.raises(InputError, match="only an unknown one"):
        overseeing.abandon(lake, lost["job_id"])
    with pytest.raises(InputError, match="There is no job"):
        overseeing.abandon(lake, "f1_none")
    paid = rows(lake, "SELECT request_key, outcome FROM attempts_history")
    assert paid == [(lost["job_id"], "unknown")]


def test_what_is_refused_costs_nothing_and_is_free_again(lake, server):
    with pytest.raises(ProviderError, match="not available for fine-tuning"):
        submit(lake, job(server.url, base="missing"))
    assert only(lake)["state"] == "rejected"
    assert rows(lake, "SELECT * FROM attempts") == []
    with pytest.raises(ProviderError):
        submit(lake, job(server.url, base="missing"))
    assert [row["state"] for row in states.known(lake)] == ["rejected"] * 2


def test_a_lost_upload_is_sent_again(lake, server):
    server.control(file_upload_timeout=2)
    assert submit(lake, job(server.url))["state"] == "submitted"
    assert (uploads(server), len(server.jobs())) == (3, 1)


def test_a_job_that_fails_says_why_and_can_be_made_again(lake, server):
    server.control(job_failure=1)
    submit(lake, job(server.url))
    assert overseeing.collect_all(lake, Options()) == 0
    failed = only(lake)
    assert (failed["state"], failed["cost_usd"]) == ("failed", 0.0)
    assert "The job failed" in failed["error"]
    assert rows(lake, "SELECT name FROM models WHERE training_run IS NOT NULL") == []
    submit(lake, job(server.url))
    assert overseeing.collect_all(lake, Options()) == 1


def test_a_job_under_way_is_left_alone(lake, server, capsys):
    server.control(batch_hold=True)
    submit(lake, job(server.url))
    assert overseeing.collect_all(lake, Options()) == 0
    assert "Fine-tuning job started" in capsys.readouterr().err
    assert only(lake)["state"] == "submitted"
    server.control(batch_hold=False, poll_error=1)
    with pytest.raises(ProviderError, match="Run the command again later"):
        overseeing.collect_all(lake, Options())
    assert overseeing.collect_all(lake, Options()) == 1


def test_too_few_rows_and_unknown_sets_are_named_before_anything_leaves(tmp_path, server):
    lake = handed.begin(tmp_path / "small", count=9)
    with pytest.raises(InputError, match="10 or more"):
        submit(lake, job(server.url))
    with pytest.raises(InputError, match=f"Did you mean '{SET}'"):
        submit(lake, job(server.url, dataset="twelv"))
    lake.close()
    assert uploads(server) == 0


def test_the_provider_itself_needs_a_key(lake, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(InputError, match="OPENAI_API_KEY"):
        submit(lake, replace(job("x"), base="gpt-4.1-nano-2025-04-14"))


def test_the_table_prices_what_its_sources_name():
    assert price.find("openai", "gpt-4.1-nano-2025-04-14").usd == 1.5
    assert price.find("openai", "ft:gpt-4o-2024-08-06:me::1").cost(2_000_000) == 50.0
    assert price.find("openai", "gpt-9") is None
    before = next(iter(price._table()["training"]))["from"]
    assert price.find("openai", "gpt-4o-2024-08-06", before.replace(year=2020)) is None


def test_the_commands_show_and_collect(lake, server):
    def run(*arguments):
        done = CliRunner().invoke(main, ["finetune", *arguments, "--lake", str(lake.path)])
        assert done.exit_code == 0, done.output
        return done.stdout

    base = ["--base", f"openai:gpt-loop@{server.url}/v1", "--usd-per-million", "3"]
    made = json.loads(run("submit", "openai", "--dataset", SET, "--json", *base))
    assert made["state"] == "submitted"
    [shown] = json.loads(run("jobs", "--collect", "--json"))
    assert shown["state"] == "succeeded" and shown["tuned_model"].startswith("ft:gpt-loop")


# What submitting adds to the steps of a lake, all of which `tests/warehouse` ends one by one.
OWN = ("commit", "call", "heard")


def test_a_kill_at_every_step_makes_one_job(running, tmp_path):
    assert failures(WORK, "undisturbed", [(str(tmp_path / "plain"), running.url, "plain")]) == []
    steps = json.loads((tmp_path / "plain.json").read_text())
    calls = {f"{what} {name}" for what in ("call", "heard") for name in ("upload", "create")}
    assert calls <= set(steps)
    pieces = [
        (str(tmp_path / str(number)), running.url, f"base-{number}", str(number))
        for number, step in enumerate(steps, start=1)
        if step.startswith(OWN)
    ]
    assert failures(WORK, "kill", pieces) == []
    assert len(pieces) > 10


def test_only_one_command_at_a_time_hands_over_jobs(lake, server):
    with lake.run(submitting.COMMAND) as held:
        held.hold(states.WORK)
        with pytest.raises(Exception, match="The same is being done"):
            submit(lake, job(server.url))
