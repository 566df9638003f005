"""OpenAI's batches: a batch is a file of requests, and its results are files."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from aiohttp import web

from tests.provider import chance, delivery, openai_files
from tests.provider.batches import Batch, Done, Item, Stage
from tests.provider.dialects import Body, served
from tests.provider.openai_protocol import worded
from tests.provider.state import STATE, State, failed, page_size, read_json, sender, sent

ENDPOINT = "/v1/chat/completions"
NOT_DONE = {
    "expired": (
        "batch_expired",
        "This request could not be executed before the completion window expired.",
    ),
    "canceled": ("batch_cancelled", "This request was cancelled before it was executed."),
}


async def create(request: web.Request) -> web.StreamResponse:
    """Make a batch of an uploaded file; what is wrong in the file is found out later."""
    state = request.app[STATE]
    body = await read_json(request) or {}
    if problem := _refused(state, body):
        return failed(request, state.openai.invalid(problem))
    if state.settings.take("create_error"):
        return failed(request, state.openai.failure("server_error"))
    batch = _created(state, body, sender(request))
    if state.settings.take("create_then_timeout"):
        await asyncio.sleep(state.settings.hold_seconds)
        return delivery.hang_up(request)
    return sent(_object(batch, "validating"))


async def retrieve(request: web.Request) -> web.StreamResponse:
    """Show a batch."""
    state = request.app[STATE]
    if state.settings.take("poll_error"):
        return failed(request, state.openai.failure("server_error"))
    batch = state.batches.find("openai", request.match_info["id"])
    return sent(shown(state, batch)) if batch else _no_batch(request)


async def index(request: web.Request) -> web.StreamResponse:
    """Show a page of batches, newest first."""
    state = request.app[STATE]
    if state.settings.take("poll_error"):
        return failed(request, state.openai.failure("server_error"))
    limit = page_size(request, 100)
    if limit is None:
        return failed(request, state.openai.invalid("'limit' must be from 1 to 100.", "limit"))
    batches, after = state.batches.listed("openai"), request.query.get("after")
    names = [batch.id for batch in batches]
    start = names.index(after) + 1 if after in names else 0
    page = [shown(state, batch) for batch in batches[start : start + limit]]
    return sent(
        {
            "object": "list",
            "data": page,
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None,
            "has_more": start + limit < len(batches),
        }
    )


async def cancel(request: web.Request) -> web.StreamResponse:
    """Cancel a batch that is not over."""
    state = request.app[STATE]
    batch = state.batches.find("openai", request.match_info["id"])
    if batch is None:
        return _no_batch(request)
    stage = state.batches.stage(batch)
    if stage in ("ended", "failed"):
        status = _status(batch, stage)
        message = f"Cannot cancel a batch with status '{status}'."
        return failed(request, worded(409, message, "invalid_request_error"))
    batch.cancelling_at = time.time()
    return sent(_object(batch, stage))


def shown(state: State, batch: Batch) -> Body:
    """Return a batch as it stands now; when it ended, its results become files."""
    stage = state.batches.stage(batch)
    if stage == "ended" and "output_file_id" not in batch.about:
        lines = batch.outcome.lines if batch.outcome else []
        good = [done for done in lines if done.answer]
        bad = [done for done in lines if not done.answer]
        batch.about["output_file_id"] = _results(state, batch, "output", good)
        batch.about["error_file_id"] = _results(state, batch, "error", bad)
    return _object(batch, stage)


def _refused(state: State, body: Body) -> str | None:
    found = state.files.get(body.get("input_file_id", ""))
    if found is None or found[0]["purpose"] != "batch":
        return "Invalid 'input_file_id': no such file with purpose 'batch'."
    if body.get("endpoint") != ENDPOINT:
        return f"Invalid 'endpoint': only {ENDPOINT} is served here."
    if body.get("completion_window") != "24h":
        return "Invalid 'completion_window': only '24h' is supported."
    return refused_metadata(body.get("metadata") or {})


def refused_metadata(metadata: Body) -> str | None:
    """Return why metadata is refused, if it is."""
    if len(metadata) > 16:
        return "Invalid 'metadata': at most 16 pairs."
    for key, value in metadata.items():
        if not isinstance(value, str) or len(key) > 64 or len(value) > 512:
            return f"Invalid 'metadata.{key}': text of at most 64 and 512 characters."
    return None


def _created(state: State, body: Body, by: str) -> Batch:
    items, problems = parse(
        state.files[body["input_file_id"]][1], state.settings.openai_batch_requests
    )
    fields = ("endpoint", "input_file_id", "completion_window", "metadata")
    about = {name: body.get(name) for name in fields}
    return state.batches.create("openai", "batch_", items, by, problems, **about)


def parse(data: bytes, most: int) -> tuple[list[Item], list[Body]]:
    """Return the requests of an input file and what is wrong with it."""
    items: list[Item] = []
    problems: list[Body] = []
    names: set[str] = set()
    # Only \n ends a line: str.splitlines would also split at separators inside the JSON.
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        item, problem = _line(line, names, items[0].body if items else None)
        if problem:
            problems.append({"code": problem[0], "line": number, "message": problem[1]})
        elif item:
            names.add(item.custom_id)
            items.append(item)
    if not items and not problems:
        problems.append(_whole("empty_file", "The batch input file holds no requests."))
    if len(items) > most:
        problems = [_whole("too_many_tasks", f"The batch holds more than {most} requests.")]
    return items, [{"param": None, **problem} for problem in problems]


def _line(
    text: bytes, names: set[str], first: Body | None
) -> tuple[Item | None, tuple[str, str] | None]:
    try:
        row = json.loads(text)
        name, body = str(row["custom_id"]), row["body"]
        model, url, method = body.get("model"), row["url"], row["method"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None, ("invalid_json_line", "This line is not parseable as valid JSON.")
    if name in names:
        message = f"The custom_id '{name}' for this request is a duplicate of another request."
        return None, ("duplicate_custom_id", message)
    if (method, url) != ("POST", ENDPOINT):
        return None, ("url_mismatch", "The URL does not match the endpoint of the batch.")
    if first is not None and model != first.get("model"):
        message = f"The model '{model}' for this request does not match the rest of the batch."
        return None, ("mismatched_model", message)
    return Item(name, body), None


def _whole(code: str, message: str) -> Body:
    return {"code": code, "line": None, "message": message}


def _object(batch: Batch, stage: Stage) -> Body:
    """Return exactly the fields of the SDK's `Batch`."""
    about, items = batch.about, batch.items
    return {
        "id": batch.id,
        "object": "batch",
        "endpoint": about["endpoint"],
        "model": served(items[0].body.get("model", "")) if items else None,
        "input_file_id": about["input_file_id"],
        "completion_window": about["completion_window"],
        "status": _status(batch, stage),
        "output_file_id": about.get("output_file_id"),
        "error_file_id": about.get("error_file_id"),
        "errors": {"object": "list", "data": batch.problems} if stage == "failed" else None,
        **_times(batch, stage),
        "request_counts": _counts(batch, stage),
        "usage": _usage(batch),
        "metadata": about["metadata"],
    }


def _status(batch: Batch, stage: Stage) -> str:
    if batch.outcome is None:
        return "cancelling" if batch.cancelling_at is not None else stage
    if batch.cancelling_at is not None:
        return "cancelled"
    return "expired" if batch.outcome.count("expired") else "completed"


def _times(batch: Batch, stage: Stage) -> dict[str, int | None]:
    created, status = int(batch.created_at), _status(batch, stage)
    ended = int(batch.outcome.ended_at) if batch.outcome else None
    started = stage in ("in_progress", "finalizing", "ended")
    return {
        "created_at": created,
        "expires_at": created + openai_files.DAY,
        "in_progress_at": created if started else None,
        "finalizing_at": ended or (int(time.time()) if stage == "finalizing" else None),
        "completed_at": ended if status == "completed" else None,
        "failed_at": created if stage == "failed" else None,
        "expired_at": ended if status == "expired" else None,
        "cancelling_at": int(batch.cancelling_at) if batch.cancelling_at is not None else None,
        "cancelled_at": ended if status == "cancelled" else None,
    }


def _counts(batch: Batch, stage: Stage) -> dict[str, int]:
    total = 0 if stage in ("validating", "failed") else len(batch.items)
    if batch.outcome is None:
        return {"total": total, "completed": 0, "failed": 0}
    done, bad = batch.outcome.count("succeeded"), batch.outcome.count("errored")
    return {"total": total, "completed": done, "failed": bad}


def _usage(batch: Batch) -> Body:
    finished = batch.outcome.finished if batch.outcome else []
    usages = [done.answer.body["usage"] for done in finished if done.answer]
    inner = [usage["completion_tokens_details"]["reasoning_tokens"] for usage in usages]
    cached = [usage["prompt_tokens_details"]["cached_tokens"] for usage in usages]
    return {
        "input_tokens": sum(usage["prompt_tokens"] for usage in usages),
        "input_tokens_details": {"cached_tokens": sum(cached)},
        "output_tokens": sum(usage["completion_tokens"] for usage in usages),
        "output_tokens_details": {"reasoning_tokens": sum(inner)},
        "total_tokens": sum(usage["total_tokens"] for usage in usages),
    }


def _results(state: State, batch: Batch, kind: str, lines: list[Done]) -> str | None:
    """Store lines of results as a file; without any there is none."""
    if not lines:
        return None
    name = f"file-{chance.token(batch.id, kind)}"
    data = delivery.jsonl([_row(batch, done) for done in lines])
    openai_files.store(state, name, data, f"{batch.id}_{kind}.jsonl", "batch_output")
    return name


def _row(batch: Batch, done: Done) -> Body:
    """Return a line of results; a request that never ran has an error and no response."""
    name = chance.token(batch.id, done.custom_id)
    row: dict[str, Any] = {"id": f"batch_req_{name}", "custom_id": done.custom_id}
    if done.fate in NOT_DONE:
        code, message = NOT_DONE[done.fate]
        return {**row, "response": None, "error": {"code": code, "message": message}}
    status, body = 200, done.answer.body if done.answer else {}
    if done.failure:
        status, body = done.failure.status, done.failure.body
    response = {"status_code": status, "request_id": f"req_{name}", "body": body}
    return {**row, "response": response, "error": None}


def _no_batch(request: web.Request) -> web.Response:
    missing = request.app[STATE].openai.missing(f"batch: {request.match_info['id']}")
    return failed(request, missing)
