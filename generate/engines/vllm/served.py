"""A running vLLM server as a provider: the same rows as in process, over the network.

The rules of one request stand in `wire`; here is only how it travels. The OpenAI SDK carries
it, since a server's errors and time-outs then read as any provider's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from generate import prompts
from generate.engines.base import Asking, Options, Request, Row
from generate.engines.vllm import sampling, wire
from generate.engines.vllm.facts import Json, Refused, facts
from generate.engines.vllm.ids import Ids
from generate.remote.address import SERVER_KEY, Address, parse
from generate.remote.provider import Provider, Reply
from generate.remote.trouble import Trouble, from_sdk
from warehouse.errors import ProviderError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

PREFIX = "vllm:"
# For what a server says of itself.
FACT_SECONDS = 60.0


def open_server(name: str, options: Options) -> VllmServer:
    """Return the provider of `vllm:MODEL@URL`; a `/v1` at the end of the URL may stand there."""
    address = parse(name.rstrip("/").removesuffix("/v1"), PREFIX, SERVER_KEY)
    return VllmServer(address, options)


class VllmServer(Provider):
    """One model or adapter that a vLLM server serves under a name."""

    engine = "vllm"
    offered = prompts.READINGS
    free = True

    def __init__(self, address: Address, options: Options) -> None:
        """Nothing is sent yet; the server does not tell its dtype, so `--dtype` is believed."""
        super().__init__(address, options.price_table())
        self.dtype = None if options.dtype == "auto" else options.dtype
        self._asking = asyncio.Lock()
        self._ids: Ids | None = None

    def condition(self, reading: str, asking: Asking) -> Row:
        """Return the row of `conditions`; raise InputError where vLLM cannot draw so."""
        if reading == "text":
            sampling.require_drawable(asking.sampling)
        return super().condition(reading, asking)

    def conditions_own(self) -> dict[str, Any]:
        """Return the dtype, where it was said."""
        return {"dtype": self.dtype}

    async def ask(self, request: Request, timeout: float) -> Reply:
        """Send what a request takes and return its reply."""
        try:
            found = await wire.answer(self._post, await self._encoder(), request)
        except Refused as error:
            raise Trouble("request", f"{error.status}: {error}", retry=False) from error
        return Reply(found.status, found.fields)

    async def _encoder(self) -> Ids:
        """Return what turns words into the server's ids, made once."""
        async with self._asking:
            if self._ids is None:
                server = await facts(self._get, self._post, self.address.model)
                self._ids = Ids(self._post, server)
            return self._ids

    async def served(self) -> list[str]:
        """Return the models that the server lists; raise `Trouble` or ProviderError."""
        try:
            listed = await self._get("/v1/models")
        except Refused as error:
            raise ProviderError(f"{self.address.name}: {error.status}: {error}") from error
        cards = listed.get("data")
        return [str(card["id"]) for card in cards] if isinstance(cards, list) else []

    async def _post(self, path: str, payload: Mapping[str, Any]) -> Json:
        return await self._call("post", path, body=payload)

    async def _get(self, path: str) -> Json:
        return await self._call("get", path, options={"timeout": FACT_SECONDS})

    async def _call(self, method: str, path: str, **more: Any) -> Json:
        from openai import APIStatusError, OpenAIError

        try:
            found = await getattr(self.client, method)(path, cast_to=object, **more)
        except APIStatusError as error:
            trouble = from_sdk(error, self.address)
            if trouble.kind == "request":
                raise Refused(error.status_code, trouble.what) from error
            raise trouble from error
        except (OpenAIError, ValueError) as error:
            raise from_sdk(error, self.address) from error
        if not isinstance(found, dict):
            raise Trouble("server", "The reply is no JSON object.", billed=True)
        return found

    @cached_property
    def client(self) -> AsyncOpenAI:
        """The SDK's client at the server's root."""
        from openai import AsyncOpenAI, DefaultAioHttpClient

        made: AsyncOpenAI = self.connected(AsyncOpenAI, DefaultAioHttpClient)
        return made

    async def close(self) -> None:
        """Close the connections, and forget what belongs to them."""
        self._ids, self._asking = None, asyncio.Lock()
        await super().close()
