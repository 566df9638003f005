"""Asking over a real connection: answers, faults, retries, pace, and what each of them costs."""

from __future__ import annotations

import pytest

from generate.responses import generate_all, generate_responses
from tests.generate.remote.asked import (
    anthropic_model,
    assert_explained,
    job,
    make_lake,
    openai_model,
    price_file,
    rows,
)
from tests.provider.settings import BILLED, UNBILLED
from warehouse.check import check
from warehouse.errors import PartialError, ProviderError

ENGINES = {"openai": openai_model, "anthropic": anthropic_model}


@pytest.fixture(params=ENGINES)
def model(request, server) -> str:
    return ENGINES[request.param](server.url)


def test_every_answer_is_a_row_with_its_price(tmp_path, server, model):
    lake = make_lake(tmp_path / "lake", 5)
    done = generate_responses(lake, job(model, price_file(tmp_path / "p.toml", model)))
    assert done.statuses == {"ok": 10}
    bills = {bill.request: bill for bill in server.bills()}
    found = rows(
        lake,
        "SELECT request_key, prompt_tokens, completion_tokens, cost_usd, served_model, text"
        " FROM responses",
    )
    assert len(found) == len(bills) == 10
    for key, read, written, cost, served, text in found:
        assert (read, written) == (bills[key].input_tokens, bills[key].output_tokens)
        assert cost == (read + 2 * written) / 1e6
        assert served == "plain-2026-01-01"
        assert text
    assert done.cost_usd == pytest.approx(sum(row[3] for row in found))
    assert_explained(lake, server)
    assert check(lake) == []


def test_the_same_command_again_asks_nothing(tmp_path, server, model):
    lake = make_lake(tmp_path / "lake", 3)
    generate_responses(lake, job(model))
    again = generate_responses(lake, job(model))
    assert (again.cached, again.statuses) == (6, {})
    assert len(server.bills()) == 6


@pytest.mark.parametrize("fault", [*UNBILLED, *BILLED])
def test_a_fault_is_tried_again_and_explained(tmp_path, server, model, fault):
    server.control(faults={fault: 1.0}, faults_a_request=1, hold_seconds=0.1, slow_seconds=0.1)
    lake = make_lake(tmp_path / "lake", 2)
    done = generate_responses(lake, job(model))
    assert done.statuses == {"ok": 4}
    [(lost,)] = rows(lake, "SELECT count(*) FROM attempts WHERE outcome = 'unknown'")
    # A slow body is slow and no fault; an unbilled refusal leaves no row behind. A 500 may hide
    # a bill, so it counts as one.
    certain = fault == "slow_body" or (fault in UNBILLED and fault != "server_error")
    assert lost == (0 if certain else 4)
    assert_explained(lake, server)


@pytest.mark.parametrize("fault", ["timeout_after_billing", "truncated_json"])
def test_at_most_once_nothing_is_sent_again(tmp_path, server, model, fault):
    server.control(faults={fault: 1.0}, faults_a_request=1, hold_seconds=0.1)
    lake = make_lake(tmp_path / "lake", 2)
    prices = price_file(tmp_path / "p.toml", model)
    once = job(model, prices, limits={"at_most_once": True})
    with pytest.raises(PartialError, match="--redo unknown"):
        generate_responses(lake, once)
    assert rows(lake, "SELECT DISTINCT status FROM responses") == [("unknown",)]
    assert generate_responses(lake, once).statuses == {}
    assert len(server.bills()) == 4
    [(most,)] = rows(lake, "SELECT min(max_cost_usd) FROM attempts WHERE outcome = 'unknown'")
    assert most > 0
    again = generate_responses(lake, job(model, prices, redo=("unknown",)))
    assert again.statuses == {"ok": 4}
    assert rows(lake, "SELECT DISTINCT attempt, status FROM responses") == [(2, "ok")]
    assert_explained(lake, server)


def test_a_reply_that_drips_for_ever_is_given_up(tmp_path, server, model):
    server.control(faults={"slow_body": 1.0}, faults_a_request=1, slow_seconds=5.0)
    lake = make_lake(tmp_path / "lake", 1)
    done = generate_responses(lake, job(model, limits={"timeout": 0.5}))
    assert done.statuses == {"ok": 2}
    assert rows(lake, "SELECT count(*) FROM attempts WHERE outcome = 'unknown'") == [(2,)]


def test_lasting_faults_end_as_failed_and_are_asked_again(tmp_path, server, model):
    lake = make_lake(tmp_path / "lake", 2)
    generate_responses(lake, job(model, limit=1))
    server.control(faults={"server_error": 1.0})
    with pytest.raises(PartialError, match="2 requests failed"):
        generate_responses(lake, job(model))
    assert rows(lake, "SELECT status, count(*) FROM responses GROUP BY ALL ORDER BY ALL") == [
        ("failed", 2),
        ("ok", 2),
    ]
    server.control(faults={})
    assert generate_responses(lake, job(model)).statuses == {"ok": 2}
    assert_explained(lake, server)


@pytest.mark.parametrize(
    ("name", "message"),
    [("missing", "404|model"), ("plain", "refused the key")],
)
def test_what_no_try_can_mend_stops_at_once(tmp_path, server, monkeypatch, name, message):
    lake = make_lake(tmp_path / "lake", 40)
    if name == "plain":
        monkeypatch.setenv("MIRRORLAKE_API_KEY", "wrong")
    with pytest.raises(ProviderError, match=message):
        generate_responses(lake, job(openai_model(server.url, name)))
    assert server.bills() == []
    assert rows(lake, "SELECT count(*) FROM attempts") == [(0,)]


def test_a_server_that_is_not_there_is_said_so(tmp_path):
    lake = make_lake(tmp_path / "lake", 40)
    with pytest.raises(ProviderError, match="cannot be reached"):
        generate_responses(lake, job("openai:m@http://127.0.0.1:9/v1"))
    assert rows(lake, "SELECT count(*) FROM attempts") == [(0,)]


def test_one_failing_model_does_not_keep_the_others_from_being_asked(tmp_path, server):
    lake = make_lake(tmp_path / "lake", 2)
    generate_responses(lake, job(openai_model(server.url), limit=1))
    server.control(faults={"server_error": 1.0})
    first, second = openai_model(server.url), anthropic_model(server.url, "other")
    jobs = [job(first, limits={"deadline": 1.0}), job(second, limits={"deadline": 1.0})]
    with pytest.raises(PartialError):
        generate_all(lake, jobs)
    models = rows(lake, "SELECT DISTINCT model_id FROM responses")
    assert len(models) == 2


@pytest.mark.parametrize(("name", "status"), [("refuser", "refused"), ("filter", "filtered")])
def test_refused_and_filtered_are_final_until_redone(tmp_path, server, name, status):
    lake = make_lake(tmp_path / "lake", 1)
    model = openai_model(server.url, name)
    assert generate_responses(lake, job(model)).statuses == {status: 2}
    assert generate_responses(lake, job(model)).statuses == {}
    assert generate_responses(lake, job(model, redo=(status,))).statuses == {status: 2}
    history = rows(lake, "SELECT attempt, count(*) FROM responses_history GROUP BY 1 ORDER BY 1")
    assert history == [(1, 2), (2, 2)]


def test_letters_are_read_off_the_first_token(tmp_path, server):
    lake = make_lake(tmp_path / "lake", 4)
    generate_responses(lake, job(openai_model(server.url), readings=()))
    found = rows(lake, "SELECT reading, text, choice_logprobs FROM responses")
    assert len(found) == 8
    for reading, text, logprobs in found:
        assert (reading, text, len(logprobs)) == ("letter", None, 2)
        assert all(value < 0 for value in logprobs)


def test_claude_says_that_its_choices_are_read_from_the_text(tmp_path, server):
    lake = make_lake(tmp_path / "lake", 1)
    generate_responses(lake, job(anthropic_model(server.url), readings=()))
    found = rows(lake, "SELECT DISTINCT reading, metadata FROM responses")
    assert found == [("text", '{"choice":"read from the text: no log-probabilities are offered"}')]


def test_the_pace_gives_way_to_a_busy_server(tmp_path, server, model):
    server.control(most_in_flight=4, latency_seconds=0.02)
    lake = make_lake(tmp_path / "lake", 40)
    assert generate_responses(lake, job(model)).statuses == {"ok": 80}
    assert_explained(lake, server)
    # Every refused request was sent in vain: most of them were not.
    returned = next(iter(server.seen()["returned"].values()))
    assert returned["429"] < 80


def test_a_limit_of_requests_a_minute_is_kept(tmp_path, server, model):
    lake = make_lake(tmp_path / "lake", 10)
    limits = {"requests_a_minute": 600}
    done = generate_responses(lake, job(model, limits=limits))
    assert done.statuses == {"ok": 20}
    assert done.seconds > 0.9
