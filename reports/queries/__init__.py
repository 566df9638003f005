"""The report's queries: SQL files whose text, with its values filled in, is run and shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Protocol


class Reader(Protocol):
    """The part of a read-only DuckDB connection that reports use."""

    def execute(self, query: str) -> Any:
        """Run one query."""
        ...


@dataclass(frozen=True)
class Answer:
    """A query as it ran and the rows that it gave.

    `lean` asks for the short form of both: 1 leaves long columns to the lake, 2 all that the
    charts do not draw.
    """

    sql: str
    names: list[str]
    rows: list[dict[str, Any]]
    lean: int = 0


def ask(con: Reader, name: str, **values: str | Sequence[str]) -> Answer:
    """Return the rows of a query file; the text that runs is the text that the page shows."""
    return run(con, fill(_text(name), values))


def run(con: Reader, sql: str) -> Answer:
    """Return the rows of one SELECT."""
    cursor = con.execute(sql)
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return Answer(sql, names, rows)


def fill(sql: str, values: Mapping[str, str | Sequence[str]]) -> str:
    """Return the query with each `:name` replaced by its values as SQL string literals."""
    return re.sub(r":(\w+)", lambda match: _literals(values[match[1]]), sql)


def _literals(value: str | Sequence[str]) -> str:
    items = [value] if isinstance(value, str) else value
    return ", ".join("'" + item.replace("'", "''") + "'" for item in items)


@cache
def _text(name: str) -> str:
    text = resources.files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    # A leading comment would read as an option when the query is pasted into a shell.
    return re.sub(r"\A(--.*\n)+", "", text).strip()
