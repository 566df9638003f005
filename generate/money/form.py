"""What a price file says: one TOML, each [[price]] the rates of some models in one interval.

The project's own file and a user's have the same form. All rates are US dollars for a million
tokens. A rate that is left out is not charged apart: `cache_read` and `cache_write` cost as
`input`, `cache_write_1h` costs as `cache_write`, and a batch costs as single requests do.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict, StringConstraints, model_validator

from generate.money.price import Price, Rates, Tariff

# A dollar a token is more than anyone asks; without a limit 1e400 would be a price.
Usd = Annotated[Decimal, Field(ge=0, le=1_000_000)]
# Without `Strict` the number 2026 would be a date in 1970.
Day = Annotated[date, Strict()]
Name = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

_USD = "US dollars for a million tokens, such as 2.5"
_DAY = "a date such as 2026-01-31, without quotes"


class Section(BaseModel):
    """Part of a price file; a setting that is not one of its fields is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RatesForm(Section):
    """Rates of one kind of request."""

    input: Usd = Field(description=_USD)
    cache_read: Usd | None = Field(None, description=_USD)
    cache_write: Usd | None = Field(None, description=_USD)
    cache_write_1h: Usd | None = Field(None, description=_USD)
    output: Usd = Field(description=_USD)

    @property
    def prices_the_cache(self) -> bool:
        """Return whether no rate of the cache is left out."""
        return None not in (self.cache_read, self.cache_write, self.cache_write_1h)

    def rates(self, factor: Decimal = Decimal(1)) -> Rates:
        """Return the rates for one token, times a factor."""
        write = _given(self.cache_write, self.input)
        return Rates(
            input=_picodollars(self.input * factor),
            cache_read=_picodollars(_given(self.cache_read, self.input) * factor),
            cache_write=_picodollars(write * factor),
            cache_write_1h=_picodollars(_given(self.cache_write_1h, write) * factor),
            output=_picodollars(self.output * factor),
        )


class TariffForm(RatesForm):
    """Rates of single requests, and of batches by a factor or as rates of their own."""

    batch_factor: Decimal | None = Field(
        None, ge=0, le=1, description="a number from 0 to 1, such as 0.5 for half the price"
    )
    batch: RatesForm | None = Field(
        None, description="rates, such as { input = 1.25, output = 5.0 }"
    )

    @model_validator(mode="after")
    def _one_batch(self) -> TariffForm:
        if self.batch and self.batch_factor is not None:
            raise ValueError("write either batch or batch_factor, not both")
        return self

    def tariff(self) -> Tariff:
        """Return the rates of both kinds of request."""
        if self.batch:
            return Tariff(self.rates(), self.batch.rates())
        return Tariff(self.rates(), self.rates(_given(self.batch_factor, Decimal(1))))


class LongForm(TariffForm):
    """Rates of every token of a request with a long prompt."""

    above: int = Field(gt=0, description="the longest prompt at the usual rates, in tokens")


class PriceForm(TariffForm):
    """The rates of some models from one day to another, both included, in UTC."""

    provider: Literal["openai", "anthropic"] = Field(description="'openai' or 'anthropic'")
    models: tuple[Name, ...] = Field(
        min_length=1, description='a list of names and aliases, such as ["gpt-4o"]'
    )
    start: Day = Field(alias="from", description=_DAY)
    until: Day | None = Field(None, description=_DAY)
    long: LongForm | None = Field(None, description="a table such as [price.long]")
    fine_tuned: TariffForm | None = Field(None, description="a table such as [price.fine_tuned]")
    source: Name | None = Field(None, description="where the numbers come from, in quotes")
    read: Day | None = Field(None, description=_DAY)

    @model_validator(mode="after")
    def _makes_sense(self) -> PriceForm:
        if self.until and self.until < self.start:
            raise ValueError(f"it ends on {self.until}, before it begins on {self.start}")
        if len(set(self.models)) < len(self.models):
            raise ValueError("it names a model twice")
        if self.provider == "anthropic" and not all(r.prices_the_cache for r in self._billed()):
            # It charges up to twice the input rate for writing; less would hide spending.
            raise ValueError(
                "Anthropic bills its cache apart, so cache_read, cache_write and cache_write_1h"
                " are needed wherever rates stand"
            )
        return self

    def _billed(self) -> list[RatesForm]:
        tables = (self, self.batch, self.long, self.long.batch if self.long else None)
        return [rates for rates in tables if rates]

    @property
    def end(self) -> date:
        """Return the last day, far away where none is said."""
        return self.until or date.max

    def price(self) -> Price:
        """Return the price of the models themselves."""
        if not self.long:
            return Price(self.tariff())
        return Price(self.tariff(), self.long.tariff(), self.long.above)

    def fine_tuned_price(self) -> Price | None:
        """Return the price of models fine-tuned from these, None where it is unknown."""
        return Price(self.fine_tuned.tariff()) if self.fine_tuned else None


class FileForm(Section):
    """A price file."""

    version: Name | None = Field(None, description='a name for the table, such as "2026-01-31"')
    price: tuple[PriceForm, ...] = Field(
        min_length=1, description="one [[price]] for each interval of rates"
    )


def _given(value: Decimal | None, otherwise: Decimal) -> Decimal:
    return otherwise if value is None else value


def _picodollars(usd_per_million: Decimal) -> int:
    return round(usd_per_million * 10**6)
