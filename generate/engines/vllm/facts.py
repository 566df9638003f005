"""What a running vLLM server says of itself, and how it is spoken to.

Only what every server offers: no development mode, no flag of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from warehouse.errors import InputError, nearest

Json = dict[str, Any]
# Transports: `await post(path, payload)` and `await get(path)` return the reply's JSON object.
Post = Callable[[str, Mapping[str, Any]], Awaitable[Json]]
Get = Callable[[str], Awaitable[Json]]


class Refused(Exception):
    """A transport raises it for a reply with a 4xx status; its text is the server's message."""

    def __init__(self, status: int, message: str) -> None:
        """Keep the status beside the message."""
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Server:
    """One model of a server.

    `context` is the longest sequence in tokens; `base` is the served model that an adapter
    sits on, or None for a model without one; `chats` is whether it has a chat template.
    """

    model: str
    version: str
    context: int | None
    base: str | None
    chats: bool

    @property
    def engine_version(self) -> str:
        """Such as `vllm 0.32.0`."""
        return f"vllm {self.version}"


async def facts(get: Get, post: Post, model: str) -> Server:
    """Return what the server says of a model; raise InputError if it does not serve it."""
    served = {card["id"]: card for card in (await get("/v1/models"))["data"]}
    if model not in served:
        raise InputError(f"The server has no model '{model}'.{nearest(model, served)}")
    base = served[model].get("parent")
    longest = served[model].get("max_model_len") or served.get(base, {}).get("max_model_len")
    version = (await get("/version"))["version"]
    return Server(model, version, longest, base, await _chats(post, model))


async def _chats(post: Post, model: str) -> bool:
    """Return whether the server can put messages into the model's own words.

    No address says so; a model without a chat template refuses to encode messages.
    """
    messages = [{"role": "user", "content": "?"}]
    try:
        await post("/tokenize", {"model": model, "messages": messages})
    except Refused as error:
        if "chat template" in str(error).lower():
            return False
        raise
    return True
