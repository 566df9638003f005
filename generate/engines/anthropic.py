"""Claude models, through Anthropic's official SDK.

The API offers no log-probabilities: a choice is read from the text of the reply, and every
row says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from generate.engines.base import Asking, Options, Request, Row
from generate.engines.openai import named
from generate.money.usage import Usage
from generate.remote.address import parse
from generate.remote.provider import Provider, Reply, sampling
from generate.remote.trouble import from_sdk, unreadable
from warehouse import keys
from warehouse.errors import InputError

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from anthropic.types import Message

    from generate.batches.service import BatchService

PREFIX = "anthropic:"
ENDPOINT = "/v1/messages"
# Anthropic caches prompts from about a thousand tokens on; shorter ones are sent as they are.
CACHED_FROM_BYTES = 4096
# The protocol of 2026 draws in one way only; settings of one's own need the first protocol.
OWN_SAMPLING = {"anthropic-version": "2023-06-01"}
_SAMPLING = ("temperature", "top_p", "top_k")
READ_AS_TEXT = keys.canonical({"choice": "read from the text: no log-probabilities are offered"})

# `stop_reason` -> status; the others end a reply as it should.
_STATUS = {
    "max_tokens": "truncated",
    "model_context_window_exceeded": "truncated",
    "refusal": "refused",
}


def open_model(name: str, options: Options) -> AnthropicProvider:
    """Return the provider of `anthropic:MODEL` or `anthropic:MODEL@URL`."""
    address = parse(name, PREFIX, "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL")
    return AnthropicProvider(address, options.price_table())


class AnthropicProvider(Provider):
    """One Claude model."""

    engine = "anthropic"
    offered = ("text",)

    def condition(self, reading: str, asking: Asking) -> Row:
        """Return the row of `conditions`; raise InputError for what no Claude model takes."""
        if asking.sampling.temperature > 1:
            raise InputError(f"{self.address.name} takes temperatures from 0 to 1.")
        return super().condition(reading, asking)

    def payload(self, request: Request) -> dict[str, Any]:
        """Return the body of a message request; drawing at temperature 1 is left unsaid."""
        shown = request.shown()
        system = [message["content"] for message in shown if message["role"] == "system"]
        body: dict[str, Any] = {
            "model": self.address.model,
            "messages": [dict(m) for m in shown if m["role"] != "system"],
            **sampling(request),
        }
        if body["temperature"] == 1:
            del body["temperature"]
        if system:
            body["system"] = _system("\n\n".join(system))
        return body

    async def ask(self, request: Request, timeout: float) -> Reply:
        """Send one message and read its reply."""
        from anthropic import AnthropicError
        from anthropic.types import Message

        body = self.payload(request)
        options: Any = {"timeout": timeout, "headers": {**named(request), **version_for(body)}}
        try:
            # As with OpenAI; and `messages.create` knows no temperature any more.
            message = await self.client.post(ENDPOINT, body=body, cast_to=Message, options=options)
        except (AnthropicError, ValueError) as error:
            raise from_sdk(error, self.address) from error
        return self.read(request, message)

    def read(self, request: Request, message: Message) -> Reply:
        """Return the reply that a message holds; raise `Trouble` if it holds none."""
        content = getattr(message, "content", None)
        if not isinstance(content, list) or getattr(message, "stop_reason", None) is None:
            raise unreadable("The reply is no message.")
        fields = {
            "text": "".join(block.text for block in content if block.type == "text"),
            "finish_reason": message.stop_reason,
            "served_model": message.model,
            "metadata": READ_AS_TEXT if request.choices else None,
        }
        return Reply(_STATUS.get(message.stop_reason or "", "ok"), fields, _usage(message))

    def batches(self) -> BatchService:
        """Return Anthropic's message batches."""
        from generate.batches.anthropic import AnthropicBatches

        return AnthropicBatches(self)

    @cached_property
    def client(self) -> AsyncAnthropic:
        """The SDK's client."""
        from anthropic import AsyncAnthropic, DefaultAioHttpClient

        made: AsyncAnthropic = self.connected(AsyncAnthropic, DefaultAioHttpClient)
        return made


def version_for(names: Iterable[str]) -> dict[str, str]:
    """Return the header that lets these settings of a request through."""
    return OWN_SAMPLING if any(name in _SAMPLING for name in names) else {}


def _system(text: str) -> list[dict[str, Any]]:
    block: dict[str, Any] = {"type": "text", "text": text}
    if len(text.encode()) >= CACHED_FROM_BYTES:
        block["cache_control"] = {"type": "ephemeral"}
    return [block]


def _usage(message: Message) -> Usage | None:
    used = message.usage
    if used is None or used.input_tokens is None or used.output_tokens is None:
        return None
    split = used.cache_creation
    written = used.cache_creation_input_tokens or 0
    long = (split and split.ephemeral_1h_input_tokens) or 0
    return Usage(
        input_tokens=used.input_tokens,
        cache_read_tokens=used.cache_read_input_tokens or 0,
        cache_write_tokens=written - long,
        cache_write_1h_tokens=long,
        output_tokens=used.output_tokens,
    )
