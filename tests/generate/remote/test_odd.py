"""Odd replies, odd servers, odd names: what a review found, and what must not come back."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from generate.engines.base import Options
from generate.engines.registry import open_engine
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
from tests.generate.remote.test_processes import command, start, until_busy
from warehouse.check import check
from warehouse.errors import BudgetError, InputError, PartialError, ProviderError

USAGE = {"prompt_tokens": 20, "completion_tokens": 2, "total_tokens": 22}


class Odd:
    """A server that sends the bodies it was given, then good ones."""

    def __init__(self) -> None:
        odd = self
        self.bodies: list[bytes] = []
        self.status = 200
        self.headers: dict[str, str] = {}

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                body = odd.bodies.pop(0) if odd.bodies else completion()
                self.send_response(odd.status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                for header in odd.headers.items():
                    self.send_header(*header)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.model = f"openai:m@http://127.0.0.1:{self.server.server_port}/v1"


def completion(content: Any = "A", usage: Any = USAGE, **more: Any) -> bytes:
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "finish_reason": "stop", "message": message, **more}
    reply = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "usage": usage}
    return json.dumps({**reply, "choices": [choice]}).encode()


@pytest.fixture
def odd() -> Iterator[Odd]:
    made = Odd()
    yield made
    made.server.shutdown()


@pytest.mark.parametrize(
    "body",
    [
        completion([{"type": "text", "text": "A"}]),
        completion(usage={**USAGE, "prompt_tokens": "many"}),
        completion(usage={**USAGE, "completion_tokens": 2**40}),
        completion(finish_reason={"a": 1}),
        b'{"choices": [7]}',
        b"[]",
        b"null",
    ],
    ids=["parts", "text", "huge", "object", "number", "list", "null"],
)
def test_one_odd_reply_spoils_nothing(tmp_path, odd, body):
    lake = make_lake(tmp_path / "lake", 5)
    odd.bodies = [body]
    assert generate_responses(lake, job(odd.model)).statuses == {"ok": 10}
    lost = rows(lake, "SELECT count(*) FROM attempts WHERE outcome = 'unknown'")
    assert lost == [(1,)]
    assert check(lake) == []


def test_half_a_character_is_replaced(tmp_path, odd):
    lake = make_lake(tmp_path / "lake", 1)
    odd.bodies = [completion("x\ud83d"), completion("x\ud83d")]
    generate_responses(lake, job(odd.model))
    assert rows(lake, "SELECT DISTINCT text FROM responses") == [("x\ufffd",)]


def test_an_answer_without_a_known_price_counts_at_its_most(tmp_path, odd):
    lake = make_lake(tmp_path / "lake", 20)
    odd.bodies = [completion(usage=None) for _ in range(40)]
    purse = Purse(0.002)
    with pytest.raises(BudgetError):
        generate_responses(lake, job(odd.model, price_file(tmp_path / "p", odd.model)), purse)
    assert 0.0015 < purse.spent <= 0.002


def test_waiting_for_a_slow_pace_is_not_counted_against_the_deadline(tmp_path, server):
    server.control(latency_seconds=0.5)
    lake = make_lake(tmp_path / "lake", 6)
    limits = {"requests_a_minute": 240, "deadline": 1.0}
    done = generate_responses(lake, job(openai_model(server.url), limits=limits))
    assert done.statuses == {"ok": 12}
    assert done.seconds > 2


def test_ctrl_c_sends_nothing_more(tmp_path, server):
    path = make_lake(tmp_path / "lake", 40).path
    process = start(command(path, openai_model(server.url), **{"--rpm": "120"}))
    until_busy(server, 4)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert time.monotonic() - started < 5
    assert len(server.bills()) < 12


@pytest.mark.parametrize("name", ["openai:gpt-4.1-mini", "anthropic:claude-haiku-4-5"])
@pytest.mark.parametrize("batch", [False, True])
def test_without_a_key_nothing_is_noted_as_sent(tmp_path, monkeypatch, name, batch):
    for variable in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    lake = make_lake(tmp_path / "lake", 2)
    with pytest.raises(InputError, match="_API_KEY"):
        generate_responses(lake, job(name, batch=batch))
    assert lake.ledger.requests.attempts() == []
    assert lake.ledger.requests.counts() == {}


@pytest.mark.parametrize("make", [openai_model, anthropic_model])
def test_at_most_once_gives_up_on_a_broken_server(tmp_path, server, make):
    server.control(faults={"server_error": 1.0})
    lake = make_lake(tmp_path / "lake", 60)
    with pytest.raises(ProviderError, match="all failed"):
        generate_responses(lake, job(make(server.url), limits={"at_most_once": True}))
    assert len(rows(lake, "SELECT * FROM attempts")) < 60


def test_at_most_once_ends_with_one_where_outcomes_are_unknown(tmp_path, server):
    lake = make_lake(tmp_path / "lake", 3)
    model = openai_model(server.url)
    generate_responses(lake, job(model, limit=1))
    server.control(faults={"server_error": 1.0})
    with pytest.raises(PartialError, match="--redo unknown"):
        generate_responses(lake, job(model, limits={"at_most_once": True}))


@pytest.mark.parametrize(("status", "body"), [
    (402, {"error": {"message": "pay"}}),
    (400, {"error": {"message": "Your credit balance is too low"}}),
    (404, {"error": {"message": "no such model"}}),
])  # fmt: skip
def test_what_concerns_every_request_stops_the_command(tmp_path, odd, status, body):
    lake = make_lake(tmp_path / "lake", 30)
    odd.status, odd.bodies = status, [json.dumps(body).encode()] * 60
    with pytest.raises(ProviderError):
        generate_responses(lake, job(odd.model))
    assert len(odd.bodies) > 20


def test_a_bare_503_may_hide_a_finished_reply(tmp_path, odd):
    lake = make_lake(tmp_path / "lake", 1)
    odd.status, odd.bodies = 503, [b"upstream connect error or disconnect/reset"] * 2
    with pytest.raises(PartialError):
        generate_responses(lake, job(odd.model, limits={"deadline": 0.01}))
    assert rows(lake, "SELECT outcome, count(*) FROM attempts GROUP BY 1") == [("unknown", 2)]


@pytest.mark.parametrize(
    "name",
    ["openai:m@127.0.0.1:8000/v1", "openai:m@htp://u:secret@h/v1", "openai:@http://h/v1",
     "anthropic:m@host", "vllm:@http://h"],
)  # fmt: skip
def test_a_mistyped_server_never_becomes_a_model_of_the_provider(name):
    with pytest.raises(InputError) as refused:
        open_engine(name, Options())
    assert "secret" not in str(refused.value)


def test_urls_in_other_forms(monkeypatch):
    assert open_engine("openai:m@HTTP://Host/v1", Options()).address.url == "http://host/v1"
    found = open_engine("openai:m@http://[::1]:8000/v1", Options())
    assert found.address.url == "http://[::1]:8000/v1"
    plain = open_engine("openai:m", Options()).model["model_id"]
    monkeypatch.setenv("OPENAI_BASE_URL", "https://api.openai.com/v1/")
    assert open_engine("openai:m", Options()).model["model_id"] == plain


@pytest.mark.parametrize("body", [b'{"x": 1}', b"<html>", b"[]", b'{"data": 7}'])
def test_doctor_survives_a_server_that_is_none(odd, body, tmp_path):
    from studies.doctor import diagnose

    odd.bodies = [body]
    for name in (odd.model, odd.model.replace("openai:", "anthropic:"),
                 odd.model.replace("openai:", "vllm:")):  # fmt: skip
        assert diagnose(tmp_path, [name])


def test_a_broken_batch_does_not_keep_the_others_from_being_collected(tmp_path, server):
    from click.testing import CliRunner

    from cli import main
    from generate.batches import filling

    lake = make_lake(tmp_path / "lake", 3)
    filling.FIRST_WAIT = 0.03
    model = openai_model(server.url)
    generate_responses(lake, job(model, batch=True, limit=1))
    with lake.run("test") as run:
        [row] = run.lake.ledger.rows(_batches())
        run.upsert("batches", [{**row, "batch_id": "b1_gone", "state": "submitted",
                                "remote_id": "batch_gone"}])  # fmt: skip
    with pytest.raises(ProviderError, match="404"):
        generate_responses(lake, job(model, batch=True))
    said = CliRunner().invoke(
        main, ["generate", "batches", "--resend", "b1_gone", "--lake", str(lake.path)]
    )
    assert said.exit_code == 0
    generate_responses(lake, job(model, batch=True))
    assert rows(lake, "SELECT count(*) FROM responses WHERE status = 'ok'") == [(6,)]


def _batches():
    from warehouse.schema import BATCHES

    return BATCHES
