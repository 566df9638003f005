"""How a reply goes out, well or badly. All of it comes after the bill."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests.provider.settings import Settings

CLOSED = "closed"
"""Set on a request whose connection was closed before the whole reply was sent."""

Delivery = Callable[[web.Request, Settings, bytes], Awaitable[web.StreamResponse]]


async def whole(request: web.Request, settings: Settings, data: bytes) -> web.StreamResponse:
    """Send a good reply."""
    return web.Response(body=data, content_type="application/json")


async def held(request: web.Request, settings: Settings, data: bytes) -> web.StreamResponse:
    """Hold the connection and close it without a reply."""
    await asyncio.sleep(settings.hold_seconds)
    return hang_up(request)


async def slow(request: web.Request, settings: Settings, data: bytes) -> web.StreamResponse:
    """Send a good reply in dribbles."""
    response = await _started(request, len(data))
    step = max(len(data) // 8, 1)
    for start in range(0, len(data), step):
        if not await _written(request, response, data[start : start + step]):
            break
        await asyncio.sleep(settings.slow_seconds / 8)
    return response


async def truncated(request: web.Request, settings: Settings, data: bytes) -> web.StreamResponse:
    """Send half of the JSON as if it were all."""
    return web.Response(body=data[: len(data) // 2], content_type="application/json")


async def broken(request: web.Request, settings: Settings, data: bytes) -> web.StreamResponse:
    """Send half of the reply and close the connection."""
    return await broken_at(request, data, len(data) // 2)


async def mistyped(request: web.Request, settings: Settings, data: bytes) -> web.StreamResponse:
    """Send the page of a proxy with status 200."""
    return web.Response(text="<html><body>Bad gateway</body></html>", content_type="text/html")


DELIVERIES: dict[str | None, Delivery] = {
    None: whole,
    "timeout_after_billing": held,
    "slow_body": slow,
    "truncated_json": truncated,
    "disconnect": broken,
    "wrong_type": mistyped,
}


async def lines(request: web.Request, settings: Settings, data: bytes) -> web.StreamResponse:
    """Send results as JSON lines, or as many as the control lets through."""
    middle = _inside_a_line(data)
    if settings.take("results_truncated"):
        return await broken_at(request, data, middle)
    if settings.take("results_cut"):
        data = data[:middle]
    return web.Response(body=data, content_type="application/octet-stream")


async def broken_at(request: web.Request, data: bytes, stop: int) -> web.StreamResponse:
    """Announce all of the data, send a part and close the connection."""
    response = await _started(request, len(data))
    await _written(request, response, data[:stop])
    _close(request)
    return response


def hang_up(request: web.Request) -> web.StreamResponse:
    """Close the connection without a reply."""
    _close(request)
    # aiohttp wants a response from every handler; this one finds the connection closed.
    return web.Response()


def dumped(body: Any) -> bytes:
    """Return JSON as it goes over the wire."""
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


def jsonl(rows: list[Any]) -> bytes:
    """Return rows as JSON lines."""
    return b"".join(dumped(row) + b"\n" for row in rows)


def _close(request: web.Request) -> None:
    request[CLOSED] = True
    # Nothing is left to close where the client hung up first.
    if request.transport is not None:
        request.transport.close()


async def _started(request: web.Request, length: int) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_type = "application/json"
    response.content_length = length
    await response.prepare(request)
    return response


async def _written(request: web.Request, response: web.StreamResponse, data: bytes) -> bool:
    """Send a part of a reply and return whether the client is still there."""
    try:
        await response.write(data)
    except ConnectionError:
        request[CLOSED] = True
        return False
    return True


def _inside_a_line(data: bytes) -> int:
    """Return a place about the middle of the data that is within a line."""
    start = data.rfind(b"\n", 0, len(data) // 2 + 1) + 1
    end = data.find(b"\n", start)
    return (start + (end if end >= 0 else len(data))) // 2
