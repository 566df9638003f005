"""Batches over a real connection: results in any order, lost answers, limits, budgets."""

from __future__ import annotations

import json

import pytest

from cli import main
from generate.batches import filling
from generate.batches.anthropic import AnthropicBatches
from generate.batches.openai import OpenAIBatches
from generate.remote.purse import Purse
from generate.responses import generate_responses
from tests.generate.remote.asked import (
    anthropic_model,
    job,
    make_lake,
    openai_model,
    price_file,
    rows,
)
from warehouse.check import check
from warehouse.errors import BudgetError, PartialError, ProviderError

ENGINES = {"openai": openai_model, "anthropic": anthropic_model}
STATES = "SELECT state, count(*) FROM batches GROUP BY 1 ORDER BY 1"
STATUSES = "SELECT status, error_class, count(*) FROM responses GROUP BY ALL ORDER BY ALL"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(filling, "FIRST_WAIT", 0.03)


@pytest.fixture(params=ENGINES)
def model(request, server) -> str:
    return ENGINES[request.param](server.url)


@pytest.fixture
def lake(tmp_path):
    return make_lake(tmp_path / "lake", 10)


def ask(lake, model, **more):
    return generate_responses(lake, job(model, batch=True, **more))


def ask_in_vain(lake, model):
    with pytest.raises(PartialError, match="may or may not exist"):
        ask(lake, model)


def assert_billed_once(lake, server):
    answered = {key for (key,) in rows(lake, "SELECT request_key FROM responses")}
    billed = [bill.request for bill in server.bills()]
    assert len(billed) == len(set(billed))
    assert set(billed) <= answered


def test_results_become_rows_at_half_the_price(tmp_path, lake, server, model):
    done = ask(lake, model, prices=price_file(tmp_path / "p.toml", model))
    assert done.statuses == {"ok": 20}
    assert rows(lake, STATES) == [("collected", 1)]
    bills = {bill.request: bill for bill in server.bills()}
    for key, cost, batch in rows(lake, "SELECT request_key, cost_usd, batch_id FROM responses"):
        assert cost == (bills[key].input_tokens + 2 * bills[key].output_tokens) / 2e6
        assert batch.startswith("b1_")
    outcomes = rows(lake, "SELECT DISTINCT outcome, batch_id IS NOT NULL FROM attempts")
    assert outcomes == [("ok", True)]
    assert check(lake) == []


@pytest.mark.parametrize(
    "fault",
    [
        {"duplicate_results": 0.5},
        {"results_truncated": 2},
        {"results_cut": 2},
        {"poll_error": 2},
        {"create_then_timeout": 1, "hold_seconds": 0.1},
    ],
    ids=lambda fault: next(iter(fault)),
)
def test_faults_that_a_batch_outlives(lake, server, model, fault):
    server.control(**fault)
    assert ask(lake, model).statuses == {"ok": 20}
    assert server.seen()["batches_created"] == 1
    assert_billed_once(lake, server)
    assert check(lake) == []


def test_an_upload_is_free_and_tried_again(lake, server):
    server.control(file_upload_timeout=2, hold_seconds=0.1)
    assert ask(lake, openai_model(server.url)).statuses == {"ok": 20}
    assert server.seen()["batches_created"] == 1


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [("expire_share", "failed", "expired"), ("error_share", "failed", None)],
)
def test_what_a_batch_did_not_do_is_asked_again(lake, server, model, fault, status, kind):
    server.control(**{fault: 0.3})
    with pytest.raises(PartialError):
        ask(lake, model)
    failed = [row for row in rows(lake, STATUSES) if row[0] == status]
    assert sum(row[2] for row in failed) == 6
    assert kind is None or [row[1] for row in failed] == [kind]
    server.control(**{fault: 0.0})
    assert ask(lake, model).statuses == {"ok": 6}
    assert_billed_once(lake, server)


def test_requests_that_the_results_leave_out_may_have_been_paid_for(tmp_path, lake, server, model):
    server.control(missing_results=0.2)
    with pytest.raises(PartialError):
        ask(lake, model, prices=price_file(tmp_path / "p.toml", model))
    found = rows(lake, "SELECT outcome, count(*), min(max_cost_usd) > 0 FROM attempts GROUP BY 1")
    assert sorted(found) == [("ok", 16, True), ("unknown", 4, True)]


def test_an_error_may_hide_a_batch_so_it_is_never_made_again_by_itself(lake, server, model):
    server.control(create_error=1)
    ask_in_vain(lake, model)
    assert rows(lake, STATES) == [("unknown", 1)]
    ask_in_vain(lake, model)
    assert server.seen()["batches_created"] == 0
    assert server.bills() == []


def test_a_batch_that_is_refused_is_free_again(lake, server, model):
    server.control(openai_batch_requests=5, anthropic_batch_requests=5)
    with pytest.raises((ProviderError, PartialError)):
        ask(lake, model)
    assert rows(lake, STATES) == [("rejected", 1)]
    assert rows(lake, "SELECT count(*) FROM attempts") == [(0,)]
    server.control(openai_batch_requests=50_000, anthropic_batch_requests=100_000)
    assert ask(lake, model).statuses == {"ok": 20}


def test_limits_split_a_batch(lake, server, model, monkeypatch):
    for made in (OpenAIBatches, AnthropicBatches):
        monkeypatch.setattr(made, "most_requests", 7)
    server.control(openai_batch_requests=7, anthropic_batch_requests=7)
    assert ask(lake, model).statuses == {"ok": 20}
    assert sorted(len(batch["custom_ids"]) for batch in server.batches()) == [6, 7, 7]


def test_bytes_split_a_batch(lake, server, model, monkeypatch):
    for made in (OpenAIBatches, AnthropicBatches):
        monkeypatch.setattr(made, "most_bytes", 2000)
    assert ask(lake, model).statuses == {"ok": 20}
    assert len(server.batches()) > 2


def test_a_budget_is_never_passed_by_batches(tmp_path, lake, server, model):
    prices = price_file(tmp_path / "p.toml", model)
    purse = Purse(0.00025)
    with pytest.raises(BudgetError):
        generate_responses(lake, job(model, prices, batch=True), purse)
    [(cost, answered)] = rows(lake, "SELECT sum(cost_usd), count(*) FROM responses")
    assert 0 < answered < 20
    assert purse.spent == pytest.approx(cost)
    assert cost <= 0.00025


def test_what_waits_is_not_asked_and_is_collected_later(tmp_path, lake, server, model):
    server.control(batch_hold=True)
    path = str(lake.path)

    def command(*arguments: str) -> tuple[int, str]:
        from click.testing import CliRunner

        done = CliRunner().invoke(main, [*arguments, "--lake", path])
        return done.exit_code, done.stdout

    with lake.run("generate responses", {}, "default") as run:
        from generate.engines.base import Options
        from generate.engines.registry import open_engine
        from generate.responses import open_work

        work = open_work(lake, job(model))
        run.upsert("models", [work.engine.model])
        run.upsert("conditions", list(work.conditions.values()))
        plan = run.plan(work.planned.requests)
        [chunk] = work.chunks(lake, plan)
        _submit(run, open_engine(model, Options()), chunk)
    done = generate_responses(lake, job(model))
    assert (done.waiting, done.statuses) == (20, {})
    assert command("generate", "batches", "--collect", "--json")[0] == 0
    code, out = command("generate", "batches", "--json")
    assert (code, json.loads(out)[0]["state"]) == (0, "submitted")
    server.control(batch_hold=False)
    command("generate", "batches", "--collect")
    code, out = command("generate", "batches", "--collect", "--json")
    assert json.loads(out)[0]["state"] == "collected"
    assert rows(lake, STATUSES) == [("ok", None, 20)]
    assert generate_responses(lake, job(model)).cached == 20


def _submit(run, provider, chunk):
    import asyncio

    from generate.batches.submitting import parts, submit

    async def go():
        service = provider.batches()
        [part] = parts(service, iter(chunk))
        requests, lines = zip(*part, strict=True)
        await submit(run, provider, service, requests, lines)
        await provider.close()

    asyncio.run(go())


def test_a_batch_that_is_not_listed_yet_waits_as_unknown(lake, server, model):
    server.control(create_then_timeout=1, hold_seconds=0.1, list_lag_seconds=60)
    ask_in_vain(lake, model)
    assert rows(lake, STATES) == [("unknown", 1)]
    server.control(list_lag_seconds=0)
    assert ask(lake, model).statuses == {"ok": 20}
    assert server.seen()["batches_created"] == 1
    assert_billed_once(lake, server)


def test_only_by_command_is_an_unknown_batch_sent_again(lake, server, model):
    from click.testing import CliRunner

    server.control(create_then_timeout=1, hold_seconds=0.1, list_lag_seconds=600)
    ask_in_vain(lake, model)
    ask_in_vain(lake, model)
    assert server.seen()["batches_created"] == 1
    [(batch,)] = rows(lake, "SELECT batch_id FROM batches")
    said = CliRunner().invoke(
        main, ["generate", "batches", "--resend", batch, "--lake", str(lake.path)]
    )
    assert said.exit_code == 0, said.output
    assert ask(lake, model).statuses == {"ok": 20}
    assert server.seen()["batches_created"] == 2
    lost = rows(lake, "SELECT count(*) FROM attempts WHERE outcome = 'unknown'")
    assert lost == [(20,)]


def test_resend_refuses_what_has_ended(lake, server, model):
    from click.testing import CliRunner

    ask(lake, model)
    [(batch,)] = rows(lake, "SELECT batch_id FROM batches")
    for name, message in ((batch, "is collected: there is nothing"), ("b1_x", "no batch 'b1_x'")):
        said = CliRunner().invoke(
            main, ["generate", "batches", "--resend", name, "--lake", str(lake.path)]
        )
        assert said.exit_code == 2
        assert message in said.output


def test_an_anthropic_batch_of_the_same_size_is_told_apart(tmp_path, server):
    """Two lakes lose the answer to a create; each finds its own batch by the custom ids."""
    server.control(create_then_timeout=2, hold_seconds=0.1, batch_hold=True)
    lakes = [make_lake(tmp_path / name, 3) for name in ("one", "two")]
    models = [anthropic_model(server.url, name) for name in ("one", "two")]
    for lake, model in zip(lakes, models, strict=True):
        ask_in_vain(lake, model)
        [(error,)] = rows(lake, "SELECT error FROM batches")
        assert "have not ended yet" in error
    server.control(batch_hold=False)
    for _ in range(2):
        server.batches()
        for lake, model in zip(lakes, models, strict=True):
            ask(lake, model)
    for lake in lakes:
        assert rows(lake, STATUSES) == [("ok", None, 6)]
    assert server.seen()["batches_created"] == 2
