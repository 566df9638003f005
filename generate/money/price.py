"""The price of one model in one interval, and what a request costs at it.

Sums are exact: a rate is a whole number of picodollars a token, which is what six decimals of
"US dollars for a million tokens" come to, so a request's cost is an integer until `cost` makes
it dollars. That one division is rounded to the nearest float. Ten million such rows that add up
to $100,000 are off by less than 0.0002 dollars, however they are added; `picodollars` is for
sums that must be exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from generate.money.usage import Usage

PICODOLLARS = 10**12
"""In one US dollar."""

Cache = Literal["none", "5m", "1h"]
"""The longest life that a request asks of the cache for its prompt."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Picodollars for one token, by what became of it."""

    input: int
    cache_read: int
    cache_write: int
    cache_write_1h: int
    output: int

    def cost(self, usage: Usage) -> int:
        """Return picodollars; reasoning tokens are among the output tokens already."""
        return (
            usage.input_tokens * self.input
            + usage.cache_read_tokens * self.cache_read
            + usage.cache_write_tokens * self.cache_write
            + usage.cache_write_1h_tokens * self.cache_write_1h
            + usage.output_tokens * self.output
        )

    def most(self, input_tokens: int, output_tokens: int, cache: Cache) -> int:
        """Return picodollars if every input token is charged at its dearest rate."""
        charged = [self.input, self.cache_read]
        if cache != "none":
            charged.append(self.cache_write)
        if cache == "1h":
            charged.append(self.cache_write_1h)
        return input_tokens * max(charged) + output_tokens * self.output


@dataclass(frozen=True, slots=True)
class Tariff:
    """The rates of requests sent one by one, and of those sent in a batch."""

    single: Rates
    batch: Rates

    def rates(self, batch: bool) -> Rates:
        """Return the rates of one kind of request."""
        return self.batch if batch else self.single


@dataclass(frozen=True, slots=True)
class Price:
    """What one model costs; a prompt of more than `long_above` tokens is charged as `long`."""

    usual: Tariff
    long: Tariff | None = None
    long_above: int = 0

    def cost(self, usage: Usage, batch: bool) -> float:
        """Return US dollars, the float nearest to the exact sum."""
        return self.picodollars(usage, batch) / PICODOLLARS

    def picodollars(self, usage: Usage, batch: bool) -> int:
        """Return the exact cost of one request."""
        return self._tariff(usage.prompt_tokens).rates(batch).cost(usage)

    def most(
        self, input_tokens: int, output_tokens: int, batch: bool, cache: Cache = "1h"
    ) -> float:
        """Return the most US dollars that a request can cost.

        Whether a provider writes a prompt to its cache is not ours to know beforehand. Without
        `cache` the longest life counts, which is the dearest; say "none" or "5m" where the
        request cannot be charged for more.
        """
        tariffs = {self.usual, self._tariff(input_tokens)}
        most = max(t.rates(batch).most(input_tokens, output_tokens, cache) for t in tariffs)
        return most / PICODOLLARS

    def _tariff(self, prompt_tokens: int) -> Tariff:
        # Every token of a long request is charged so, not only those above the limit.
        return self.long if self.long and prompt_tokens > self.long_above else self.usual
