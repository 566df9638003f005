"""The smallest paid work, and what must be true of its bills whatever ended it.

Each piece of a step test asks a model of its own name, so that one provider serves them all.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import anthropic  # noqa: F401  imported before forking
import openai  # noqa: F401  imported before forking

from generate.batches import overseeing, service, states
from generate.engines.anthropic import AnthropicProvider
from generate.engines.base import Options, Request
from generate.engines.openai import OpenAIProvider, named
from generate.job import ResponsesJob
from generate.remote.provider import Reply
from generate.responses import generate_responses
from tests.generate.remote.asked import anthropic_model, job, make_lake, openai_model
from tests.provider.process import DIRECT
from tests.warehouse.faults import Half, Shim, nothing
from tests.warehouse.minimal import assert_readers_agree, leftovers
from warehouse.check import open_and_check
from warehouse.errors import PartialError
from warehouse.lake import Lake, open_lake

QUESTIONS = 1
"""Two requests, one after the other: the order of steps is then always the same."""

# After so many finishing commands in a row nothing more can be waited for.
MOST_TRIES = 40


def paid_job(kind: str, server: str, name: str) -> ResponsesJob:
    """Return the job of a kind: `openai`, `anthropic`, each also as `-batch` or `-once`."""
    protocol, _, mode = kind.partition("-")
    model = {"openai": openai_model, "anthropic": anthropic_model}[protocol](server, name)
    limits = {"in_flight": 1, "at_most_once": mode == "once"}
    return job(model, limits=limits, batch=mode == "batch")


def begin(path: Path) -> None:
    """Make the lake that the paid work is done in."""
    make_lake(path, QUESTIONS).close()


def work(path: Path, kind: str, server: str, name: str) -> None:
    """Ask the questions of a lake, in one of the ways that cost money."""
    # Requests in a batch that nobody knows of are no failure of the command that lost it.
    with closing(open_lake(path)) as lake, suppress(PartialError):
        generate_responses(lake, paid_job(kind, server, name))


def collect(path: Path) -> None:
    """Do what `generate batches --collect` does, or recover where nothing is open."""
    with closing(open_lake(path)) as lake:
        overseeing.collect_all(lake, Options())


def finish(path: Path, kind: str, server: str, name: str) -> None:
    """Repeat the command until there is nothing left to do; resend what cannot be found.

    A batch is resent only if the provider, asked behind its endpoints, does not have it.
    """
    for _ in range(MOST_TRIES):
        work(path, kind, server, name)
        with closing(open_lake(path)) as lake:
            unknown = states.known(lake, "unknown")
            if not unknown:
                break
            keys = lake.ledger.requests.batched(unknown[0]["batch_id"]).keys()
            if not _remote(server, keys):
                overseeing.resend(lake, unknown[0]["batch_id"])
    if kind.endswith("once"):
        with closing(open_lake(path)) as lake:
            redo = paid_job(kind, server, name)
            generate_responses(lake, _with_redo(redo))


def _with_redo(asked: ResponsesJob) -> ResponsesJob:
    from dataclasses import replace

    return replace(asked, redo=("unknown",))


def assert_paid_for(path: Path, kind: str, server: str, name: str, kills: int) -> None:
    """All is answered, every bill is explained, and nothing is left over."""
    assert_readers_agree(path)
    assert open_and_check(path) == []
    assert leftovers(path) == []
    with closing(open_lake(path)) as lake:
        rows = _rows(lake, "SELECT request_key, status FROM responses")
        assert [status for _, status in rows] == ["ok"] * 2 * QUESTIONS, rows
        keys = {key for key, _ in rows}
        tries = {(k, a): o for k, a, o in _rows(lake, _TRIES)}
        twice = _rows(lake, _TWICE)
    assert twice == [], twice
    bills = [bill for bill in _ask(server, "/_bills") if bill["request"] in keys]
    if kind.endswith("batch"):
        _assert_batches(server, bills, keys)
    else:
        _assert_tries(bills, tries, kills, kind)


_TRIES = "SELECT request_key, attempt, outcome FROM attempts_history"
_TWICE = """
SELECT request_key, attempt FROM responses_history GROUP BY ALL HAVING count(*) > 1
"""


def _assert_tries(
    bills: Sequence[Mapping[str, Any]],
    tries: Mapping[tuple[str, int], str],
    kills: int,
    kind: str,
) -> None:
    billed = [(bill["request"], bill["attempt"]) for bill in bills]
    assert len(billed) == len(set(billed)), "one try was billed twice"
    assert set(billed) <= tries.keys(), "a bill that no row of attempts explains"
    known = {try_ for try_, outcome in tries.items() if outcome == "ok"}
    assert known <= set(billed), "an answer that was never billed"
    unknown = [try_ for try_, outcome in tries.items() if outcome == "unknown"]
    assert len(unknown) <= kills, "more lost tries than kills with one request in flight"
    assert set(tries.values()) <= {"ok", "unknown"}, tries


def _assert_batches(server: str, bills: Sequence[Mapping[str, Any]], keys: set[str]) -> None:
    assert len(_remote(server, keys)) == 1, "a batch was not created exactly once"
    assert sorted(bill["request"] for bill in bills) == sorted(keys), "billed not exactly once"


def _remote(server: str, keys: Collection[str]) -> list[dict[str, Any]]:
    """Return the provider's batches that hold any of these requests."""
    return [batch for batch in _ask(server, "/_batches") if {*batch["custom_ids"]} & {*keys}]


def _ask(server: str, path: str) -> Any:
    with DIRECT.open(server + path, timeout=60) as reply:
        return json.load(reply)


def _rows(lake: Lake, query: str) -> list[tuple[Any, ...]]:
    with lake.reader() as con:
        return con.execute(query).fetchall()


# --- the network as steps ---------------------------------------------------------------------


def watch_network(shim: Shim) -> None:
    """Make every call of a provider two steps of a shim: before it leaves, after it came back.

    Half of the first is the call without hearing its answer.
    """

    def mark(kind: str, half: Half = nothing) -> None:
        shim.step(kind, shim.folder, lambda: None, half)

    _watch_asking(OpenAIProvider, mark, "/chat/completions")
    _watch_asking(AnthropicProvider, mark, "/v1/messages")
    for made in (OpenAIProvider, AnthropicProvider):
        _watch_batches(made, mark)


def _watch_asking(provider: type, mark: Callable[..., None], path: str) -> None:
    real = provider.ask

    async def ask(self: Any, request: Request, timeout: float) -> Reply:
        headers = {**named(request), "anthropic-version": "2023-06-01"}
        mark("call ask", lambda: _post(self, path, self.payload(request), headers))
        reply: Reply = await real(self, request, timeout)
        mark("heard ask")
        return reply

    provider.ask = ask  # type: ignore[attr-defined]


def _watch_batches(provider: type, mark: Callable[..., None]) -> None:
    real = provider.batches

    def batches(self: Any) -> service.BatchService:
        made = real(self)
        for name in ("upload", "create", "find"):
            setattr(made, name, _watched(self, getattr(made, name), name, mark))
        return made

    provider.batches = batches  # type: ignore[attr-defined]


def _watched(provider: Any, call: Any, name: str, mark: Callable[..., None]) -> Any:
    async def watched(*arguments: Any) -> Any:
        half = nothing if name != "create" else lambda: _create(provider, *arguments)
        mark(f"call {name}", half)
        result = await call(*arguments)
        mark(f"heard {name}")
        return result

    return watched


def _create(provider: Any, name: str, lines: Sequence[bytes], file: str | None) -> None:
    """Create a batch and do not hear of it."""
    from generate.batches.openai import ENDPOINT, NAME

    headers = {"anthropic-version": "2023-06-01"}
    if file is None:
        requests = [json.loads(line) for line in lines]
        _post(provider, "/v1/messages/batches", {"requests": requests}, headers)
        return
    body = {
        "input_file_id": file,
        "endpoint": ENDPOINT,
        "completion_window": "24h",
        "metadata": {NAME: name},
    }
    _post(provider, "/batches", body, headers)


def _post(provider: Any, path: str, body: Any, headers: Mapping[str, str]) -> None:
    own = {**headers, "content-type": "application/json", "authorization": "Bearer none"}
    if provider.engine != "anthropic":
        own.pop("anthropic-version")
    request = urllib.request.Request(
        provider.address.url + path, json.dumps(body).encode(), headers=own
    )
    with DIRECT.open(request, timeout=30) as reply:
        reply.read()
