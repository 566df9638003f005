"""Anthropic's message batches: requests come inline, and results only when all is over.

Nothing a client can ask for tells the custom ids of a batch before its results.
"""

from __future__ import annotations

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta

from aiohttp import web

from tests.provider import delivery
from tests.provider.batches import FATES, Batch, Done, Item
from tests.provider.dialects import Body, Failure
from tests.provider.settings import Settings
from tests.provider.state import STATE, State, failed, page_size, read_json, sender, sent

CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


async def create(request: web.Request) -> web.StreamResponse:
    """Make a batch; what is wrong in the params of a request is found out when it runs."""
    state = request.app[STATE]
    body = await read_json(request) or {}
    size = len(await request.read())
    if failure := _refused(state, body, size):
        return failed(request, failure)
    if state.settings.take("create_error"):
        return failed(request, state.anthropic.failure("server_error"))
    items = [Item(row["custom_id"], row["params"]) for row in body["requests"]]
    version = request.headers.get("anthropic-version")
    by = sender(request)
    batch = state.batches.create("anthropic", "msgbatch_", items, by, version=version)
    if state.settings.take("create_then_timeout"):
        await asyncio.sleep(state.settings.hold_seconds)
        return delivery.hang_up(request)
    return sent(_object(request, batch))


async def retrieve(request: web.Request) -> web.StreamResponse:
    """Show a batch."""
    state = request.app[STATE]
    if state.settings.take("poll_error"):
        return failed(request, state.anthropic.failure("server_error"))
    batch = state.batches.find("anthropic", request.match_info["id"])
    return sent(shown(request, batch)) if batch else _no_batch(request)


async def index(request: web.Request) -> web.StreamResponse:
    """Show a page of batches, newest first."""
    state = request.app[STATE]
    if state.settings.take("poll_error"):
        return failed(request, state.anthropic.failure("server_error"))
    limit = page_size(request, 1000)
    if limit is None:
        return failed(request, state.anthropic.invalid("limit: must be from 1 to 1000"))
    batches = state.batches.listed("anthropic")
    page, more = _page(request, batches, limit)
    return sent(
        {
            "data": [shown(request, batch) for batch in page],
            "has_more": more,
            "first_id": page[0].id if page else None,
            "last_id": page[-1].id if page else None,
        }
    )


async def results(request: web.Request) -> web.StreamResponse:
    """Send the results of a batch that ended."""
    state = request.app[STATE]
    batch = state.batches.find("anthropic", request.match_info["id"])
    if batch is None:
        return _no_batch(request)
    if state.batches.stage(batch) != "ended" or batch.outcome is None:
        return failed(request, state.anthropic.missing("No results for this batch yet"))
    data = delivery.jsonl([_row(done) for done in batch.outcome.lines])
    return await delivery.lines(request, state.settings, data)


async def cancel(request: web.Request) -> web.StreamResponse:
    """Cancel a batch that is not over."""
    state = request.app[STATE]
    batch = state.batches.find("anthropic", request.match_info["id"])
    if batch is None:
        return _no_batch(request)
    if state.batches.stage(batch) == "ended":
        ended = state.anthropic.invalid(f"Batch {batch.id} cannot be canceled: it has ended")
        return failed(request, ended)
    batch.cancelling_at = time.time()
    return sent(_object(request, batch))


def shown(request: web.Request, batch: Batch) -> Body:
    """Return a batch as it stands now."""
    request.app[STATE].batches.stage(batch)
    return _object(request, batch)


def _refused(state: State, body: Body, size: int) -> Failure | None:
    if size > state.settings.anthropic_batch_bytes:
        return state.anthropic.failure("too_large")
    rows = body.get("requests")
    if not isinstance(rows, list) or not rows:
        return state.anthropic.invalid("requests: Field required")
    problem = _refused_rows(rows, state.settings)
    return state.anthropic.invalid(problem) if problem else None


def _refused_rows(rows: list[Body], settings: Settings) -> str | None:
    most = settings.anthropic_batch_requests
    if len(rows) > most:
        return f"requests: List should have at most {most} items after validation, not {len(rows)}"
    names: set[str] = set()
    for place, row in enumerate(rows):
        name = row.get("custom_id")
        if not isinstance(name, str) or not CUSTOM_ID.fullmatch(name):
            return f"requests.{place}.custom_id: String should match '^{CUSTOM_ID.pattern}$'"
        if name in names:
            return f"requests.{place}.custom_id: custom_id must be unique in a batch: {name}"
        if not isinstance(row.get("params"), dict):
            return f"requests.{place}.params: Field required"
        names.add(name)
    return None


def _page(request: web.Request, batches: list[Batch], limit: int) -> tuple[list[Batch], bool]:
    """Return a page of a list and whether more follows in the direction asked for."""
    names = [batch.id for batch in batches]
    before, after = request.query.get("before_id"), request.query.get("after_id")
    if before in names:
        end = names.index(before)
        start = max(end - limit, 0)
        return batches[start:end], start > 0
    start = names.index(after) + 1 if after in names else 0
    return batches[start : start + limit], start + limit < len(batches)


def _object(request: web.Request, batch: Batch) -> Body:
    """Return exactly the fields of the SDK's `MessageBatch`."""
    outcome, created = batch.outcome, datetime.fromtimestamp(batch.created_at, UTC)
    url = f"{request.url.origin()}/v1/messages/batches/{batch.id}/results"
    return {
        "id": batch.id,
        "type": "message_batch",
        "processing_status": _status(batch),
        "request_counts": _counts(batch),
        "created_at": created.isoformat(),
        "expires_at": (created + timedelta(days=1)).isoformat(),
        "ended_at": _moment(outcome.ended_at) if outcome else None,
        "archived_at": None,
        "cancel_initiated_at": _moment(batch.cancelling_at),
        "results_url": url if outcome else None,
    }


def _status(batch: Batch) -> str:
    if batch.outcome:
        return "ended"
    return "canceling" if batch.cancelling_at is not None else "in_progress"


def _counts(batch: Batch) -> dict[str, int]:
    if batch.outcome is None:
        return {"processing": len(batch.items), **dict.fromkeys(FATES, 0)}
    return {"processing": 0, **{fate: batch.outcome.count(fate) for fate in FATES}}


def _row(done: Done) -> Body:
    result: Body = {"type": done.fate}
    if done.answer:
        result["message"] = done.answer.body
    if done.failure:
        result["error"] = {**done.failure.body, "request_id": None}
    return {"custom_id": done.custom_id, "result": result}


def _moment(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()


def _no_batch(request: web.Request) -> web.Response:
    name = request.match_info["id"]
    return failed(request, request.app[STATE].anthropic.missing(f"Message batch {name} not found"))
