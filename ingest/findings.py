"""What an audit reads and what it returns."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

Severity = Literal["info", "warning", "error"]

_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "dataset": pl.String,
    "concept": pl.String,
    "split": pl.String,
    "group_id": pl.String,
    "question_id": pl.String,
    "stem": pl.String,
    "choices": pl.List(pl.String),
    "answer": pl.String,
    "source_file": pl.String,
    "source_row": pl.Int64,
    "metadata": pl.String,
}


@dataclass(frozen=True)
class Finding:
    """One finding: how many of how many, one of them, and the numbers in a sentence."""

    severity: Severity
    count: int
    total: int
    example: str | None
    detail: str


Check = Callable[[pl.DataFrame], Finding | None]


def audit_frame(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Return question rows, duplicates included, as the frame that every check reads.

    `stem` is the last message, `choices` never NULL, `right` the 0-based place of the right
    option (NULL for free answers and unlabelled rows), `chance` one over the options.
    """
    picked = [{name: row.get(name) for name in _SCHEMA} | {"stem": _stem(row)} for row in rows]
    frame = pl.DataFrame(picked, schema=_SCHEMA).with_row_index("row")
    places = pl.col("answer").str.to_integer(base=36, strict=False) - 10
    options = pl.col("choices").list.len()
    return frame.with_columns(
        right=pl.when((pl.col("answer").str.len_chars() == 1) & (places < options)).then(places),
        chance=1 / options,
    )


def _stem(row: Mapping[str, Any]) -> str:
    messages = json.loads(row["messages"])
    return str(messages[-1]["content"])


def flagged(frame: pl.DataFrame, wrong: pl.Expr, severity: Severity, what: str) -> Finding | None:
    """Return a finding about the rows where `wrong` holds, or None where it never does."""
    hits = frame.filter(wrong)
    if hits.is_empty():
        return None
    detail = f"{hits.height:,} of {frame.height:,} rows {what}"
    return Finding(severity, hits.height, frame.height, example(hits), detail)


def example(hits: pl.DataFrame) -> str:
    """Return the first row as people can find it: file, row, end of the stem and options."""
    row = hits.row(0, named=True)
    stem = " ".join(row["stem"].split())
    stem = stem if len(stem) <= 120 else "…" + stem[-119:]
    options = "".join(
        f" ({letter}) {_cut(choice)}"
        for letter, choice in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", row["choices"] or [], strict=False)
    )
    return f"{row['source_file']} row {row['source_row']}: {stem}{options}"


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 40 else flat[:39] + "…"


def percent(share: float) -> str:
    """Return a share as a percentage with one decimal."""
    return f"{100 * share:.1f}%"
