"""Chat and message requests: limits, refusals, faults, the bill and the reply, in this order."""

from __future__ import annotations

import asyncio
import json
from hashlib import sha256

from aiohttp import web

from tests.provider.delivery import DELIVERIES, dumped
from tests.provider.dialects import Body
from tests.provider.faults import Name, named
from tests.provider.settings import UNBILLED
from tests.provider.state import STATE, dialect_of, failed, read_json


async def complete(request: web.Request) -> web.StreamResponse:
    """Answer a chat or message request, or make the fault that is due."""
    dialect = dialect_of(request)
    body = await read_json(request)
    if body is None:
        return failed(request, dialect.invalid("We could not parse the JSON body of your request."))
    wait = _wait(request)
    if wait:
        return failed(request, dialect.failure("rate_limit"), retry_after=f"{max(wait, 0.001):.3f}")
    if failure := dialect.check(body, request.headers.get("anthropic-version")):
        return failed(request, failure)
    return await _work(request, body)


async def _work(request: web.Request, body: Body) -> web.StreamResponse:
    state, dialect = request.app[STATE], dialect_of(request)
    name = identify(request, body)
    fault = state.faults.draw(name)
    await asyncio.sleep(state.settings.latency_seconds)
    if fault in UNBILLED:
        return _unbilled(request, fault)
    answer = dialect.answer(body, "standard")
    state.ledger.add_chat(dialect.name, name.request, name.attempt, answer)
    if fault == "server_error_billed":
        return failed(request, dialect.failure("server_error"))
    return await DELIVERIES[fault](request, state.settings, dumped(answer.body))


def identify(request: web.Request, body: Body) -> Name:
    """Return the id that a client gave its request, or else a digest of what it asks."""
    header = request.headers.get("X-Client-Request-Id")
    if header:
        return named(header)
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return Name(sha256(canonical.encode()).hexdigest(), None)


def _unbilled(request: web.Request, fault: str) -> web.StreamResponse:
    failure = dialect_of(request).failure(fault.removesuffix("_bare"))
    if fault == "rate_limit":
        wait = request.app[STATE].settings.retry_after_seconds
        return failed(request, failure, retry_after=f"{wait:g}")
    return failed(request, failure)


def _wait(request: web.Request) -> float:
    """Return how long a client should wait that sends too much at once or too much a minute."""
    state = request.app[STATE]
    most = state.settings.most_in_flight
    if most is not None and len(state.seen.in_flight) > most:
        return state.settings.retry_after_seconds
    return state.pace.wait()
