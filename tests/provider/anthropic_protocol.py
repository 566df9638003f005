"""Anthropic's messages: which requests are refused, what the replies and errors look like."""

from __future__ import annotations

import time
from typing import Any

from tests.provider import chance, replies
from tests.provider.dialects import Answer, Body, Failure, served

NO_SAMPLING = "2026-10-21"
"""From this API version on, requests that set how text is sampled are refused."""

SAMPLING = frozenset({"temperature", "top_p", "top_k"})

FIELDS = frozenset(
    [
        "cache_control",
        "container",
        "diagnostics",
        "inference_geo",
        "max_tokens",
        "messages",
        "metadata",
        "model",
        "output_config",
        "service_tier",
        "speed",
        "stop_sequences",
        "stream",
        "system",
        "thinking",
        "tool_choice",
        "tools",
    ]
)
"""What a request may hold; the real one refuses all else."""

FAILURES: dict[str, tuple[int, str, str]] = {
    "wrong_key": (401, "authentication_error", "Invalid authentication credentials"),
    "rate_limit": (
        429,
        "rate_limit_error",
        "This request would exceed your organization's rate limit of requests per minute.",
    ),
    "server_error": (500, "api_error", "Internal server error"),
    "overloaded": (529, "overloaded_error", "Overloaded"),
    "too_large": (413, "request_too_large", "Request exceeds the maximum size"),
}


class Anthropic:
    """The protocol of `POST /v1/messages`."""

    name = "anthropic"
    request_id_header = "request-id"

    def __init__(self) -> None:
        self.prefixes: set[str] = set()

    def failure(self, kind: str) -> Failure:
        """Return the error of a kind."""
        return worded(*FAILURES[kind])

    def invalid(self, message: str) -> Failure:
        """Return the error 400 for a request that makes no sense."""
        return worded(400, "invalid_request_error", message)

    def missing(self, what: str) -> Failure:
        """Return the error 404 for an object that does not exist."""
        return worded(404, "not_found_error", what)

    def check(self, body: Body, version: str | None = None) -> Failure | None:
        """Return why a message request is refused, if it is."""
        for name in ("model", "max_tokens", "messages"):
            if body.get(name) in (None, "", []):
                return self.invalid(f"{name}: Field required")
        allowed = FIELDS if (version or "") >= NO_SAMPLING else FIELDS | SAMPLING
        if extra := sorted(set(body) - allowed):
            return self.invalid(f"{extra[0]}: Extra inputs are not permitted")
        if body.get("stream"):
            return self.invalid("Streams are not served here.")
        if body["model"] == "missing":
            return self.missing("model: missing")
        text = replies.prompt(_said(body))
        if "TOO LONG" in text:
            length = 200_001 + replies.tokens(text)
            return self.invalid(f"prompt is too long: {length} tokens > 200000 maximum")
        return None

    def answer(self, body: Body, tier: str = "standard") -> Answer:
        """Return the message that replies to a request."""
        said = _said(body)
        reply = replies.reply(body["model"], said, body["max_tokens"])
        prefix, known, hour = self._prefix(body)
        usage = {
            "input_tokens": max(reply.input_tokens - prefix, 0),
            "cache_creation_input_tokens": 0 if known else prefix,
            "cache_read_input_tokens": prefix if known else 0,
            "cache_creation": {
                "ephemeral_5m_input_tokens": 0 if known or hour else prefix,
                "ephemeral_1h_input_tokens": prefix if hour and not known else 0,
            },
            "output_tokens": reply.output_tokens,
            "service_tier": tier,
        }
        return Answer(
            _message(body, reply, usage),
            max(reply.input_tokens, prefix),
            reply.output_tokens,
            cache_read_tokens=prefix if known else 0,
            cache_write_tokens=0 if known else prefix,
        )

    def stamped(self, body: Body, request_id: str) -> Body:
        """Return an error's body with the id of its request."""
        return {**body, "request_id": request_id}

    def _prefix(self, body: Body) -> tuple[int, bool, bool]:
        """Return the length of what the system blocks cache, whether it was there, and if 1 h."""
        system = body.get("system")
        blocks = system if isinstance(system, list) else []
        marked = [block.get("cache_control") for block in blocks]
        ends = [place for place, mark in enumerate(marked) if mark]
        if not ends:
            return 0, False, False
        text = replies.flat(blocks[: ends[-1] + 1])
        digest = chance.token(body["model"], text, length=64)
        known = digest in self.prefixes
        self.prefixes.add(digest)
        return replies.tokens(text), known, marked[ends[-1]].get("ttl") == "1h"


def worded(status: int, kind: str, message: str) -> Failure:
    """Return an error in Anthropic's shape."""
    return Failure(status, {"type": "error", "error": {"type": kind, "message": message}})


def model_object(name: str) -> Body:
    """Return a model as the models endpoint shows it."""
    return {
        "id": name,
        "type": "model",
        "display_name": name,
        "created_at": "2026-01-01T00:00:00Z",
        "capabilities": None,
        "deprecated_at": None,
        "lifecycle": "active",
        "line": None,
        "max_input_tokens": 200_000,
        "max_tokens": 64_000,
        "retires_at": None,
    }


def _said(body: Body) -> list[replies.Turn]:
    system = replies.flat(body.get("system"))
    return [replies.Turn("system", system), *replies.turns(body["messages"])]


def _message(body: Body, reply: replies.Reply, usage: Body) -> dict[str, Any]:
    refused = body["model"].startswith("refuser")
    text = replies.REFUSAL if refused else reply.text
    details = {"type": "refusal", "category": None, "explanation": None}
    return {
        "id": f"msg_{chance.token(body['model'], text, time.time_ns())}",
        "type": "message",
        "role": "assistant",
        "model": served(body["model"]),
        "content": [{"type": "text", "text": text, "citations": None}] if text else [],
        "stop_reason": "refusal" if refused else "max_tokens" if reply.cut else "end_turn",
        "stop_sequence": None,
        "stop_details": details if refused else None,
        "container": None,
        "usage": usage,
    }
