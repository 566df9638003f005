"""The provider's routes: those of the two protocols, and those of the test that drives it.

The latter begin with an underscore: `_bills`, `_seen`, `_inflight`, `_batches`, `_jobs`,
`_control` and `_reset`. They are neither counted nor delayed.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from aiohttp import web

from tests.provider import (
    anthropic_batches,
    anthropic_protocol,
    calls,
    chance,
    openai_batches,
    openai_files,
    openai_finetuning,
    openai_protocol,
)
from tests.provider.batches import Batch, Batches
from tests.provider.dialects import Body
from tests.provider.settings import Settings
from tests.provider.state import (
    CALLS,
    REQUEST_ID,
    STATE,
    State,
    dialect_of,
    failed,
    read_json,
    sent,
    status_of,
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MODELS = ("gpt-loop", "claude-loop", "refuser", "filter", "o9-reason")

LARGEST_BODY = 300_000_000
"""More than the largest batch, so that its limit is refused in the protocol's own words."""


async def serve(settings: Settings, port: int, while_stdin_open: bool) -> None:
    """Serve on loopback for ever, or until standard input closes; say where on output."""
    runner = web.AppRunner(application(settings), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    print(json.dumps({"url": "http://{}:{}".format(*runner.addresses[0][:2])}), flush=True)
    ended = asyncio.Event()
    if while_stdin_open:
        asyncio.get_running_loop().add_reader(sys.stdin, ended.set)
    await ended.wait()


def application(settings: Settings) -> web.Application:
    """Return the provider as an application of aiohttp."""
    app = web.Application(middlewares=[watch], client_max_size=LARGEST_BODY)
    app[STATE] = State(settings)
    app.on_response_prepare.append(add_request_id)
    app.add_routes(
        [
            web.post("/v1/chat/completions", calls.complete),
            web.post("/v1/files", openai_files.upload),
            web.get("/v1/files/{id}", openai_files.retrieve),
            web.get("/v1/files/{id}/content", openai_files.content),
            web.post("/v1/batches", openai_batches.create),
            web.get("/v1/batches", openai_batches.index),
            web.get("/v1/batches/{id}", openai_batches.retrieve),
            web.post("/v1/batches/{id}/cancel", openai_batches.cancel),
            web.post("/v1/fine_tuning/jobs", openai_finetuning.create),
            web.get("/v1/fine_tuning/jobs", openai_finetuning.index),
            web.get("/v1/fine_tuning/jobs/{id}", openai_finetuning.retrieve),
            web.get("/v1/fine_tuning/jobs/{id}/events", openai_finetuning.events),
            web.post("/v1/fine_tuning/jobs/{id}/cancel", openai_finetuning.cancel),
            web.post("/v1/messages", calls.complete),
            web.post("/v1/messages/batches", anthropic_batches.create),
            web.get("/v1/messages/batches", anthropic_batches.index),
            web.get("/v1/messages/batches/{id}", anthropic_batches.retrieve),
            web.get("/v1/messages/batches/{id}/results", anthropic_batches.results),
            web.post("/v1/messages/batches/{id}/cancel", anthropic_batches.cancel),
            web.get("/v1/models", models),
            web.get("/v1/models/{id}", model),
            web.get("/_bills", bills),
            web.get("/_seen", seen),
            web.get("/_inflight", inflight),
            web.get("/_batches", all_batches),
            web.get("/_jobs", all_jobs),
            web.post("/_control", control),
            web.post("/_reset", reset),
        ]
    )
    return app


@web.middleware
async def watch(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count a request of a client, refuse a wrong key, and note what it was answered."""
    if request.path.startswith("/_"):
        return await handler(request)
    seen, path = request.app[STATE].seen, _route(request)
    number = seen.arrive(path)
    request[REQUEST_ID] = f"req_{chance.token('request', number)}"
    if path in CALLS:
        with seen.flight(number, request.headers.get("X-Client-Request-Id", "")):
            response = await _allowed(request, handler)
    else:
        response = await _allowed(request, handler)
    seen.leave(path, status_of(request, response))
    return response


async def add_request_id(request: web.Request, response: web.StreamResponse) -> None:
    """Put the id of a request where its protocol has it."""
    if REQUEST_ID in request:
        response.headers[dialect_of(request).request_id_header] = request[REQUEST_ID]


async def models(request: web.Request) -> web.StreamResponse:
    """List the models, in the shape of the protocol that asks."""
    if dialect_of(request).name == "openai":
        rows = [openai_protocol.model_object(name) for name in MODELS]
        return sent({"object": "list", "data": rows})
    rows = [anthropic_protocol.model_object(name) for name in MODELS]
    return sent({"data": rows, "has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1]})


async def model(request: web.Request) -> web.StreamResponse:
    """Show a model; every name is one, except `missing`."""
    name, state = request.match_info["id"], request.app[STATE]
    openai = dialect_of(request).name == "openai"
    if name == "missing":
        missing = state.anthropic.missing(f"model: {name}")
        return failed(request, openai_protocol.no_model(name) if openai else missing)
    return sent((openai_protocol if openai else anthropic_protocol).model_object(name))


async def bills(request: web.Request) -> web.StreamResponse:
    """Return every bill, after the batches that are due have ended."""
    state = request.app[STATE]
    state.batches.advance()
    return sent(state.ledger.rows())


async def seen(request: web.Request) -> web.StreamResponse:
    """Return the counters."""
    state = request.app[STATE]
    return sent(
        {
            "received": state.seen.received,
            "returned": state.seen.returned,
            "faults": state.faults.made,
            "batches_created": len(state.batches.known),
            "most_in_flight": state.seen.most_in_flight,
        }
    )


async def inflight(request: web.Request) -> web.StreamResponse:
    """Return the ids of the calls to models that are in flight."""
    names = list(request.app[STATE].seen.in_flight.values())
    return sent({"count": len(names), "requests": names})


async def all_batches(request: web.Request) -> web.StreamResponse:
    """Return every batch with all that the provider knows of it."""
    batches = request.app[STATE].batches
    return sent([_told(batches, batch) for batch in batches.known.values()])


async def all_jobs(request: web.Request) -> web.StreamResponse:
    """Return every fine-tuning job with all that the provider knows of it."""
    state = request.app[STATE]
    return sent([openai_finetuning.told(state, job) for job in state.jobs.values()])


async def control(request: web.Request) -> web.StreamResponse:
    """Change controls by name and return all of them."""
    settings = request.app[STATE].settings
    try:
        settings.update(await read_json(request) or {})
    except ValueError as error:
        return web.Response(status=400, text=str(error))
    return sent(asdict(settings))


async def reset(request: web.Request) -> web.StreamResponse:
    """Forget everything, as if just started."""
    request.app[STATE].reset()
    return sent({})


async def _allowed(request: web.Request, handler: Handler) -> web.StreamResponse:
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    # Anthropic accepts either header and believes this one where both are sent.
    key = request.headers.get("x-api-key") or bearer
    if key in ("", "wrong"):
        return failed(request, dialect_of(request).failure("wrong_key"))
    return await handler(request)


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource else request.path


def _told(batches: Batches, batch: Batch) -> Body:
    stage = batches.stage(batch)
    finished = batch.outcome.finished if batch.outcome else []
    return {
        "id": batch.id,
        "provider": batch.provider,
        "stage": stage,
        "created_at": batch.created_at,
        "created_by": batch.by,
        "custom_ids": [item.custom_id for item in batch.items],
        "fates": Counter(done.fate for done in finished),
        "cancelled": batch.cancelling_at is not None,
        "metadata": batch.about.get("metadata"),
    }
