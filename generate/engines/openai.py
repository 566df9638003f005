"""Models behind OpenAI's API and servers that speak it, through the official SDK.

Letters are read off the log-probabilities of the reply's first token. The API gives the twenty
most probable tokens; an option that is not among them has no log-probability (NULL), and is
less probable than all that have one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from generate.engines.base import Asking, Options, Request, Row
from generate.money.usage import Usage
from generate.remote.address import Address, parse
from generate.remote.provider import Provider, Reply, sampling
from generate.remote.trouble import from_sdk, unreadable
from warehouse.errors import InputError

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types.chat import ChatCompletion
    from openai.types.chat.chat_completion import Choice
    from openai.types.chat.chat_completion_token_logprob import TopLogprob

    from generate.batches.service import BatchService

PREFIX = "openai:"
ENDPOINT = "/chat/completions"
TOP = 20
# They think before they answer: no temperature, no log-probabilities.
REASONING = re.compile(r"(ft:)?(o\d|gpt-[5-9](?!.*chat))")

_NO_LOGPROBS = {
    "error_class": "request",
    "error": "The server gives no log-probabilities. Ask with --reading text.",
}

# `finish_reason` -> status; what a server invents besides counts as an answer.
_STATUS = {"length": "truncated", "content_filter": "filtered"}


def open_model(name: str, options: Options) -> OpenAIProvider:
    """Return the provider of `openai:MODEL` or `openai:MODEL@URL`."""
    address = parse(name, PREFIX, "OPENAI_API_KEY", "OPENAI_BASE_URL")
    return OpenAIProvider(address, options.price_table())


class OpenAIProvider(Provider):
    """One chat model behind the OpenAI API, or a server like it."""

    engine = "openai"

    def __init__(self, address: Address, prices: Any) -> None:
        """Nothing is sent yet, and no key is needed."""
        super().__init__(address, prices)
        self.reasons = address.url is None and bool(REASONING.match(address.model))
        self.offered = ("text",) if self.reasons else ("letter", "text")

    def condition(self, reading: str, asking: Asking) -> Row:
        """Return the row of `conditions`; raise InputError for what the model does not take."""
        drawn = asking.sampling
        if reading == "text" and drawn.top_k is not None:
            raise InputError(f"{self.address.name} takes no --top-k. Leave it out or use --top-p.")
        if reading == "text" and self.reasons and (drawn.temperature, drawn.top_p) != (1.0, 1.0):
            raise InputError(
                f"{self.address.name} reasons and draws at temperature 1 only. "
                "Say so: --temperature 1"
            )
        return super().condition(reading, asking)

    def payload(self, request: Request) -> dict[str, Any]:
        """Return the body of a chat completion."""
        body: dict[str, Any] = {"model": self.address.model, "messages": request.shown()}
        # Servers like OpenAI's know the older name only; OpenAI's reasoning models the newer one.
        longest = "max_completion_tokens" if self.address.url is None else "max_tokens"
        body[longest] = self.most_output(request)
        if request.reading != "text":
            # At temperature 1 no server can have sharpened what it reports.
            return {**body, "temperature": 1, "logprobs": True, "top_logprobs": TOP}
        return {**body, **self._drawn(request)}

    def _drawn(self, request: Request) -> dict[str, Any]:
        drawn = sampling(request)
        if self.reasons:
            return {}
        settings = {"temperature": drawn["temperature"], "top_p": drawn.get("top_p")}
        if drawn["temperature"] > 0:
            settings["seed"] = request.seed
        return {name: value for name, value in settings.items() if value is not None}

    async def ask(self, request: Request, timeout: float) -> Reply:
        """Send one chat completion and read its reply."""
        from openai import OpenAIError
        from openai.types.chat import ChatCompletion

        options: Any = {"timeout": timeout, "headers": named(request)}
        try:
            # Not `chat.completions.create`: looking at every argument again, though the body
            # stands already, would take a quarter of the time of a small request.
            completion = await self.client.post(
                ENDPOINT, body=self.payload(request), cast_to=ChatCompletion, options=options
            )
        except (OpenAIError, ValueError) as error:
            raise from_sdk(error, self.address) from error
        return self.read(request, completion)

    def read(self, request: Request, completion: ChatCompletion) -> Reply:
        """Return the reply that a completion holds; raise `Trouble` if it holds none."""
        choices = getattr(completion, "choices", None)
        if not choices or getattr(choices[0], "message", None) is None:
            raise unreadable("The reply is no chat completion.")
        first = choices[0]
        if request.reading != "text" and not _first_token(first):
            return Reply("failed", _NO_LOGPROBS, _usage(completion))
        fields = {
            "finish_reason": first.finish_reason,
            "served_model": completion.model,
            "system_fingerprint": completion.system_fingerprint,
            **self._said(request, first),
        }
        return Reply(_status(request, first), fields, _usage(completion))

    def _said(self, request: Request, choice: Choice) -> dict[str, Any]:
        if request.reading == "text":
            return {"text": choice.message.content or choice.message.refusal or ""}
        return {"choice_logprobs": _letters(request, choice)}

    def batches(self) -> BatchService:
        """Return OpenAI's batches."""
        from generate.batches.openai import OpenAIBatches

        return OpenAIBatches(self)

    @cached_property
    def client(self) -> AsyncOpenAI:
        """The SDK's client."""
        from openai import AsyncOpenAI, DefaultAioHttpClient

        made: AsyncOpenAI = self.connected(AsyncOpenAI, DefaultAioHttpClient)
        return made


def named(request: Request) -> dict[str, str]:
    """Return the header by which provider and we can name one try to each other."""
    return {"X-Client-Request-Id": f"{request.request_key}.{request.attempt}"}


def _status(request: Request, choice: Choice) -> str:
    if choice.message.refusal:
        return "refused"
    status = _STATUS.get(choice.finish_reason or "", "ok")
    # Of a letter only one token is wanted: that it ends there is no loss.
    return "ok" if request.reading != "text" and status == "truncated" else status


def _letters(request: Request, choice: Choice) -> list[float | None]:
    """Return the natural-log probability of each stored option's letter, None if not reported.

    A letter with and without a space before it are one answer: their probabilities add up.
    """
    found: dict[str, float] = {}
    for token in _first_token(choice):
        letter = token.token.strip()
        found[letter] = found.get(letter, 0.0) + math.exp(token.logprob)
    values = [found.get(letter) for letter in request.continuations()]
    return [math.log(value) if value else None for value in values]


def _first_token(choice: Choice) -> Sequence[TopLogprob]:
    """Return what was reported of the first token's alternatives."""
    places = (choice.logprobs and choice.logprobs.content) or []
    return places[0].top_logprobs if places else ()


def _usage(completion: ChatCompletion) -> Usage | None:
    used = completion.usage
    if used is None or used.prompt_tokens is None or used.completion_tokens is None:
        return None
    read = used.prompt_tokens_details
    written = used.completion_tokens_details
    cached = (read and read.cached_tokens) or 0
    kept = (read and read.cache_write_tokens) or 0
    return Usage(
        input_tokens=used.prompt_tokens - cached - kept,
        cache_read_tokens=cached,
        cache_write_tokens=kept,
        output_tokens=used.completion_tokens,
        reasoning_tokens=(written and written.reasoning_tokens) or 0,
    )
