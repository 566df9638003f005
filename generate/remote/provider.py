"""What a provider is: a module that says how one request is put and how its reply reads.

Everything else, from pace and retries to the ledger and the bill, is shared. See
`generate/engines/openai.py` for one of them.
"""

from __future__ import annotations

import functools
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from generate import prompts
from generate.engines.base import Asking, Request, Row, condition_row
from generate.remote.address import Address
from generate.remote.trouble import translated, unreadable
from warehouse import keys
from warehouse.errors import InputError, nearest

if TYPE_CHECKING:
    from generate.batches.service import BatchService
    from generate.money.prices import Cache, Price, PriceTable
    from generate.money.usage import Usage

# A stated estimate where no tokenizer is at hand: English text in byte-level vocabularies.
BYTES_A_TOKEN = 4.0
# What a chat format adds to a message, at most.
MESSAGE_TOKENS = 16
# Fields of a reply that are text, and what no text in a file can hold.
_TEXTS = {"text", "finish_reason", "served_model", "system_fingerprint", "metadata", "error"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_TOKENS = 2**31


@dataclass(frozen=True)
class Reply:
    """What came back: the status, further fields of the row, and what was used."""

    status: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    usage: Usage | None = None


class Provider(ABC):
    """One model behind a network."""

    engine: str
    """Engine family, as `models.engine` and the price table name it."""
    offered: tuple[str, ...]
    """Readings that the provider can give."""
    free = False
    """Whether nobody charges for tokens."""
    cache: Cache = "5m"
    """The longest life that requests ask of the provider's cache, where that is charged for."""

    def __init__(self, address: Address, prices: PriceTable) -> None:
        """Ask the model at an address; nothing is sent yet."""
        self.address, self.prices = address, prices
        row = {"engine": self.engine, "base": address.base}
        self.model: Row = {"model_id": keys.model_id(row), "name": address.name, **row}
        self._price = functools.lru_cache(maxsize=64)(self._find_price)

    client: Any
    """The official SDK's client, made when it is first needed."""

    # --- what a provider's module says ----------------------------------------------------

    @abstractmethod
    async def ask(self, request: Request, timeout: float) -> Reply:
        """Send a request and return its reply, or raise `Trouble`."""

    def batches(self) -> BatchService:
        """Return the provider's batches; raise InputError where it has none."""
        raise InputError(f"{self.address.name} takes no batches. Leave out --batch.")

    def conditions_own(self) -> dict[str, Any]:
        """Return what the provider adds to a row of `conditions`."""
        return {}

    def most_output(self, request: Request) -> int:
        """Return the most tokens a reply can have."""
        return 1 if request.reading != "text" else sampling(request)["max_tokens"]

    # --- what follows from it -------------------------------------------------------------

    async def served(self) -> list[str]:
        """Return the models that the server lists; raise `Trouble` or ProviderError."""

        async def names() -> list[str]:
            return [str(model.id) for model in (await self.client.models.list()).data]

        found: list[str] = await translated(names, self.address)
        return found

    def connected(self, client: Any, transport: Any) -> Any:
        """Return an SDK's client at the address; retries are ours, since each may cost money."""
        return client(
            api_key=self.address.key(),
            base_url=self.address.url,
            max_retries=0,
            http_client=transport(),
        )

    async def close(self) -> None:
        """Close the connections of the SDK's `client`, if any were opened."""
        client = self.__dict__.pop("client", None)
        if client is not None:
            await client.close()

    def condition(self, reading: str, asking: Asking) -> Row:
        """Return the row of `conditions`; raise InputError for a reading that is not offered."""
        if reading not in self.offered:
            raise InputError(
                f"{self.address.name} gives no '{reading}' reading."
                f"{nearest(reading, self.offered, 'Use --reading')}"
            )
        own = {"template": prompts.TEMPLATE, "base_url": self.address.url, **self.conditions_own()}
        return condition_row(self.model, reading, asking, **own)

    def prompt_tokens(self, requests: Sequence[Request]) -> list[int]:
        """Return the estimated length of each prompt in tokens."""
        return [
            round(_bytes(request) / BYTES_A_TOKEN) + 4 * len(request.messages)
            for request in requests
        ]

    def most_input(self, request: Request) -> int:
        """Return what no prompt of these bytes can exceed: a token is at least one byte."""
        return _bytes(request) + MESSAGE_TOKENS * (len(request.messages) + 1)

    def price(self, served: str | None = None) -> Price | None:
        """Return today's price, of the model that was served if its name has one."""
        return self._price(served, datetime.now(UTC).date())

    def _find_price(self, served: str | None, day: date) -> Price | None:
        # A server that is not the provider's own has prices of its own, or none.
        own = self.address.url is None
        names = [served, self.address.model] if own else [self.address.base]
        found = (self.prices.find(self.engine, name, day) for name in names if name)
        return next((price for price in found if price is not None), None)

    def most(self, request: Request, batch: bool = False) -> float | None:
        """Return the most a request can cost in US dollars, None where the price is unknown."""
        if self.free:
            return 0.0
        price = self.price()
        if price is None:
            return None
        size = self.most_input(request), self.most_output(request)
        return price.most(*size, batch, self.cache)

    def row(self, request: Request, reply: Reply, batch: bool = False) -> Row:
        """Return the response of a reply, with its price."""
        said = {name: self._checked(name, value) for name, value in reply.fields.items()}
        billed = self._bill(reply, batch)
        return request.row(reply.status, **said, **billed)

    def _checked(self, name: str, value: Any) -> Any:
        """Return a field as a row can hold it; raise `Trouble` for one of another kind."""
        if name in _TEXTS and not isinstance(value, str | None):
            raise unreadable(f"The reply's {name} is no text.")
        if name == "choice_logprobs" and not all(isinstance(v, float | None) for v in value):
            raise unreadable("The reply's log-probabilities are no numbers.")
        if isinstance(value, str):
            # Half a character that was cut; no file can hold it.
            return self.address.hide(_SURROGATE.sub("\ufffd", value))
        return value

    def _bill(self, reply: Reply, batch: bool) -> dict[str, Any]:
        if self.free:
            return {"cost_usd": 0.0, **_counted(reply.usage)}
        counted = _counted(reply.usage)
        price, usage = self.price(reply.fields.get("served_model")), reply.usage
        if price is None or usage is None:
            return {"cost_usd": None, **counted}
        cost = price.cost(usage, batch)
        return {"cost_usd": cost, "price_table": self.prices.version, **counted}


def sampling(request: Request) -> dict[str, Any]:
    """Return the sampling settings of a request's condition."""
    return _sampling(request.condition["sampling"])


@functools.lru_cache(maxsize=64)
def _sampling(text: str) -> dict[str, Any]:
    import json

    found: dict[str, Any] = json.loads(text)
    return found


def _bytes(request: Request) -> int:
    return sum(len(message["content"].encode()) for message in request.shown())


def _counted(usage: Usage | None) -> dict[str, Any]:
    if usage is None:
        return {}
    if any(type(n) is not int or not 0 <= n < _MOST_TOKENS for n in astuple(usage)):
        raise unreadable("The reply's token counts are no numbers.")
    written = usage.cache_write_tokens + usage.cache_write_1h_tokens
    return {
        "prompt_tokens": usage.input_tokens + usage.cache_read_tokens + written,
        "completion_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": written,
        "reasoning_tokens": usage.reasoning_tokens,
    }
