"""The entries of one price file by provider and model, each model's intervals in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from generate.money.price import Price
from warehouse.errors import InputError

if TYPE_CHECKING:
    from generate.money.form import FileForm


@dataclass(frozen=True, slots=True)
class Interval:
    """The price of a model from one day to another, both included."""

    start: date
    end: date
    price: Price
    fine_tuned: Price | None
    entry: int
    """Number of the [[price]] in its file, counted from 1."""


class Book:
    """What one file says."""

    def __init__(self, intervals: dict[tuple[str, str], list[Interval]]) -> None:
        """Take the intervals of each (provider, model)."""
        self._intervals = intervals

    @classmethod
    def of(cls, path: Path, form: FileForm) -> Book:
        """Return the book of a file; raise InputError if two entries price the same day."""
        intervals: dict[tuple[str, str], list[Interval]] = {}
        for provider, model, interval in _each(form):
            intervals.setdefault((provider, model), []).append(interval)
        for (_, model), of_model in intervals.items():
            of_model.sort(key=lambda one: one.start)
            _require_no_overlap(path, model, of_model)
        return cls(intervals)

    def has(self, provider: str, model: str) -> bool:
        """Return whether any entry names a model, on whatever day."""
        return (provider, model) in self._intervals

    def names(self, provider: str) -> list[str]:
        """Return the names that entries of a provider give."""
        return [model for of, model in self._intervals if of == provider]

    def price(self, provider: str, model: str, day: date) -> Price | None:
        """Return the price of a model on a day."""
        interval = self._on(provider, model, day)
        return interval.price if interval else None

    def fine_tuned(self, provider: str, base: str, day: date) -> Price | None:
        """Return the price of models fine-tuned from a base, on a day."""
        interval = self._on(provider, base, day)
        return interval.fine_tuned if interval else None

    def _on(self, provider: str, model: str, day: date) -> Interval | None:
        of_model = self._intervals.get((provider, model), [])
        return next((one for one in of_model if one.start <= day <= one.end), None)


def _each(form: FileForm) -> Iterator[tuple[str, str, Interval]]:
    for entry, given in enumerate(form.price, start=1):
        price, tuned = given.price(), given.fine_tuned_price()
        for model in given.models:
            yield given.provider, model, Interval(given.start, given.end, price, tuned, entry)


def _require_no_overlap(path: Path, model: str, intervals: list[Interval]) -> None:
    for one, other in pairwise(intervals):
        if other.start <= one.end:
            raise InputError(
                f"The price file {path}: [[price]] numbers {one.entry} and {other.entry} both"
                f" price '{model}' on {other.start}.{_cure(one, other)}"
            )


def _cure(one: Interval, other: Interval) -> str:
    if one.start == other.start:
        return " Leave one of them out."
    last = other.start - timedelta(days=1)
    return f" Write until = {last} in number {one.entry}."
