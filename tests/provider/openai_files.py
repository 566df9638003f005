"""OpenAI's files: what a client uploads, and what a batch leaves behind."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web

from tests.provider import chance, delivery
from tests.provider.dialects import Body
from tests.provider.state import STATE, State, failed, sent

DAY = 24 * 60 * 60


async def upload(request: web.Request) -> web.StreamResponse:
    """Store a file."""
    state = request.app[STATE]
    form = await request.post()
    file, purpose = form.get("file"), form.get("purpose")
    if not isinstance(file, web.FileField) or not isinstance(purpose, str):
        return failed(request, state.openai.invalid("'file' and 'purpose' are required."))
    data = file.file.read()
    if purpose == "batch" and len(data) > state.settings.openai_batch_bytes:
        return failed(request, state.openai.failure("too_large"))
    name = f"file-{chance.token(state.settings.seed, 'file', len(state.files))}"
    stored = store(state, name, data, file.filename, purpose)
    if state.settings.take("file_upload_timeout"):
        await asyncio.sleep(state.settings.hold_seconds)
        return delivery.hang_up(request)
    return sent(stored)


async def retrieve(request: web.Request) -> web.StreamResponse:
    """Show a file."""
    found = request.app[STATE].files.get(request.match_info["id"])
    return sent(found[0]) if found else _no_file(request)


async def content(request: web.Request) -> web.StreamResponse:
    """Send a file's content; results may come incomplete."""
    state = request.app[STATE]
    found = state.files.get(request.match_info["id"])
    if found is None:
        return _no_file(request)
    shown, data = found
    if shown["purpose"] == "batch_output":
        return await delivery.lines(request, state.settings, data)
    return web.Response(body=data, content_type="application/octet-stream")


def store(state: State, name: str, data: bytes, filename: str, purpose: str) -> Body:
    """Keep a file and return its object."""
    now = int(time.time())
    stored = {
        "id": name,
        "object": "file",
        "bytes": len(data),
        "created_at": now,
        "expires_at": now + 30 * DAY,
        "filename": filename,
        "purpose": purpose,
        "status": "processed",
        "status_details": None,
    }
    state.files[name] = (stored, data)
    return stored


def _no_file(request: web.Request) -> web.Response:
    missing = request.app[STATE].openai.missing(f"File object: {request.match_info['id']}")
    return failed(request, missing)
