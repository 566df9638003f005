"""All that the provider remembers, and what every handler asks of a request."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.provider.anthropic_protocol import Anthropic
from tests.provider.batches import Batches
from tests.provider.bills import Ledger
from tests.provider.delivery import CLOSED, dumped
from tests.provider.dialects import Body, Dialect, Failure
from tests.provider.faults import Faults
from tests.provider.openai_protocol import OpenAI
from tests.provider.settings import Settings

if TYPE_CHECKING:
    from tests.provider.openai_finetuning import Job

CALLS = ("/v1/chat/completions", "/v1/messages")
"""Paths that ask a model directly; their number in flight is watched and can be limited."""

REQUEST_ID = "request_id"


class Seen:
    """Counters of what came in and what went out."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        self.returned: dict[str, Counter[str]] = {}
        self.in_flight: dict[int, str] = {}
        self.most_in_flight = 0
        self.total = 0

    def arrive(self, path: str) -> int:
        """Count a request and return its number."""
        self.received[path] += 1
        self.total += 1
        return self.total

    def leave(self, path: str, status: int | str) -> None:
        """Count what was returned: a status, or `closed` for a connection that was cut."""
        self.returned.setdefault(path, Counter())[str(status)] += 1

    @contextmanager
    def flight(self, number: int, name: str) -> Iterator[None]:
        """Count a call to a model as in flight."""
        self.in_flight[number] = name
        self.most_in_flight = max(self.most_in_flight, len(self.in_flight))
        try:
            yield
        finally:
            del self.in_flight[number]


class Pace:
    """How many requests a minute are let through, enforced second by second."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.left = float("inf")
        self.at = time.monotonic()

    def wait(self) -> float:
        """Return 0 and let a request through, or return how long it should wait."""
        if self.settings.requests_a_minute is None:
            return 0.0
        rate = self.settings.requests_a_minute / 60
        now = time.monotonic()
        self.left = min(self.left + rate * (now - self.at), max(rate, 1.0))
        self.at = now
        if self.left < 1:
            return (1 - self.left) / rate
        self.left -= 1
        return 0.0


class State:
    """The provider's memory; nothing of it is on disk, for the process outlives its clients."""

    def __init__(self, settings: Settings) -> None:
        self.first = deepcopy(settings)
        self.settings = settings
        self.reset()

    def reset(self) -> None:
        """Forget everything and set the controls as they were at the start."""
        vars(self.settings).update(vars(deepcopy(self.first)))
        self.ledger = Ledger()
        self.faults = Faults(self.settings)
        self.seen = Seen()
        self.pace = Pace(self.settings)
        self.openai = OpenAI(self.settings)
        self.anthropic = Anthropic()
        dialects: dict[str, Dialect] = {"openai": self.openai, "anthropic": self.anthropic}
        self.batches = Batches(self.settings, self.ledger, dialects)
        self.files: dict[str, tuple[Body, bytes]] = {}
        """The object of each uploaded or made file, and its content."""
        self.jobs: dict[str, Job] = {}
        """Fine-tuning jobs by id, oldest first."""


STATE = web.AppKey("state", State)


def dialect_of(request: web.Request) -> Dialect:
    """Return the protocol that a request speaks; Anthropic's clients name their API version."""
    state = request.app[STATE]
    anthropic = request.path.startswith("/v1/messages") or "anthropic-version" in request.headers
    return state.anthropic if anthropic else state.openai


async def read_json(request: web.Request) -> Body | None:
    """Return the object in a request's body, or None where it holds none."""
    try:
        body = json.loads(await request.read())
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def sent(body: Any) -> web.Response:
    """Return a good reply."""
    return web.Response(body=dumped(body), content_type="application/json")


def failed(request: web.Request, failure: Failure, **headers: str) -> web.Response:
    """Return an error."""
    body = dialect_of(request).stamped(failure.body, request[REQUEST_ID])
    return web.Response(
        status=failure.status,
        body=dumped(body),
        content_type="application/json",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def status_of(request: web.Request, response: web.StreamResponse) -> int | str:
    """Return what `/_seen` counts a reply as."""
    return CLOSED if request.get(CLOSED) else response.status


def sender(request: web.Request) -> str:
    """Return who sent a request, as far as it says."""
    headers = request.headers
    return headers.get("X-Client-Request-Id") or headers.get("User-Agent") or ""


def page_size(request: web.Request, most: int) -> int | None:
    """Return the `limit` of a listing, or None where it is not from 1 to the most."""
    asked = request.query.get("limit", "20")
    return int(asked) if asked.isdecimal() and 1 <= int(asked) <= most else None
