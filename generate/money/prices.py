"""Finding the price of a model on a day: in the user's own file first, then in the project's."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from generate.money.intervals import Book
from generate.money.price import Cache, Price
from generate.money.usage import Usage

__all__ = ["OWN", "Cache", "Price", "PriceTable", "Usage"]

OWN = Path(__file__).with_name("prices.toml")

_DATED = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{8}|latest)$")


class PriceTable:
    """Prices by provider, model and day; `version` is what a row keeps as its `price_table`."""

    def __init__(self, version: str, books: Sequence[Book]) -> None:
        """Look prices up in books, the first that knows one decides."""
        self.version = version
        self._books = tuple(books)

    @classmethod
    def load(cls, path: Path | None = None) -> PriceTable:
        """Return the project's table, with the entries of a user's file before its own."""
        # pydantic costs 0.1 s that asking for help does not need.
        from generate.money.reading import content, read

        own = read(OWN, content(OWN))
        version, books = own.version or "", [Book.of(OWN, own)]
        if path:
            given = content(path)
            books.insert(0, Book.of(path, read(path, given)))
            version = f"{path.name}:{hashlib.sha256(given).hexdigest()[:8]}+{version}"
        return cls(version, books)

    def find(self, provider: str, model: str, at: date) -> Price | None:
        """Return what a model costs on a day in UTC, None where that is not known."""
        day = _day(at)
        for book in self._books:
            if price := _find(book, provider, model, day):
                return price
        return None

    def names(self, provider: str) -> list[str]:
        """Return every priced name of a provider, for hints."""
        return sorted({name for book in self._books for name in book.names(provider)})


def _find(book: Book, provider: str, model: str, day: date) -> Price | None:
    if (known := _known(book, provider, model)) is not None:
        return book.price(provider, known, day)
    if model.startswith("ft:"):
        # ft:BASE:ORGANIZATION:NAME:ID costs more than BASE does, never the same by default.
        base = _known(book, provider, model.split(":")[1])
        return None if base is None else book.fine_tuned(provider, base, day)
    return None


def _known(book: Book, provider: str, model: str) -> str | None:
    """Return the name under which a book has a model: as it is, else without its date."""
    for name in (model, _DATED.sub("", model)):
        if book.has(provider, name):
            return name
    return None


def _day(at: date) -> date:
    """Return the day in UTC; a moment passes for a date, and its own zone may be a day ahead."""
    return at.astimezone(UTC).date() if isinstance(at, datetime) else at
