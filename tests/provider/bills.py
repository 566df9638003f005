"""The billing ledger: the oracle of what was paid.

A bill is written when the work is done and before a byte of the reply is sent, so a client that
never hears of it has paid all the same.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any, Literal

from tests.provider.dialects import Answer


@dataclass(frozen=True)
class Bill:
    """One request that was worked on; input tokens include those of the prompt cache."""

    kind: Literal["chat", "batch"]
    request: str
    """The request key, or a digest of the body where a client sent no id."""
    attempt: int | None
    batch_id: str | None
    input_tokens: int
    output_tokens: int
    at: float
    provider: str = ""
    model: str = ""
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0


class Ledger:
    """An append-only list of bills in memory."""

    def __init__(self) -> None:
        self.bills: list[Bill] = []

    def add_chat(self, provider: str, request: str, attempt: int | None, answer: Answer) -> None:
        """Bill one chat or message request."""
        self._add(Bill("chat", request, attempt, None, **_work(provider, answer)))

    def add_batch(self, provider: str, request: str, batch_id: str, answer: Answer) -> None:
        """Bill one request of a batch."""
        self._add(Bill("batch", request, None, batch_id, **_work(provider, answer)))

    def rows(self) -> list[dict[str, Any]]:
        """Return the bills as JSON has them."""
        return [asdict(bill) for bill in self.bills]

    def _add(self, bill: Bill) -> None:
        self.bills.append(bill)


def _work(provider: str, answer: Answer) -> dict[str, Any]:
    return {
        "provider": provider,
        "model": answer.body["model"],
        "input_tokens": answer.input_tokens,
        "output_tokens": answer.output_tokens,
        "cache_read_tokens": answer.cache_read_tokens,
        "cache_write_tokens": answer.cache_write_tokens,
        "at": time.time(),
    }
