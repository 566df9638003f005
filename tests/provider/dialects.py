"""What the two protocols have in common, so that faults, bills and batches know neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Body = dict[str, Any]


@dataclass(frozen=True)
class Failure:
    """An error as a protocol words it."""

    status: int
    body: Body
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """A good reply as a protocol words it, and what it costs."""

    body: Body
    input_tokens: int
    """All of the prompt, including what the prompt cache read or wrote."""
    output_tokens: int
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0


class Dialect(Protocol):
    """One provider's way to word requests, replies and errors."""

    name: str
    request_id_header: str

    def failure(self, kind: str) -> Failure:
        """Return the error of a kind: wrong_key, rate_limit, server_error, overloaded, ..."""
        ...

    def invalid(self, message: str) -> Failure:
        """Return the error 400 for a request that makes no sense."""
        ...

    def check(self, body: Body, version: str | None) -> Failure | None:
        """Return why a request is refused, if it is; `version` is the API version it names."""
        ...

    def answer(self, body: Body, tier: str) -> Answer:
        """Return the reply to a request; `tier` is standard or batch."""
        ...

    def stamped(self, body: Body, request_id: str) -> Body:
        """Return an error's body with the id of its request where the protocol puts one."""
        ...


def served(model: str) -> str:
    """Return the dated name under which a requested model answers."""
    return f"{model}-2026-01-01"
