"""Properties applied to many replies, and predictions read in the same form.

Both give long frames with the columns `request_key`, `property`, `label`, `valid` and `reason`.
A label that is missing has one of these reasons:

| reason | meaning |
|---|---|
| `missing` | there is no text |
| `empty` | the text is blank |
| `refused` | the text opens with a refusal |
| `truncated` | the reply was cut off before the property was decided |
| `undefined` | the reply has no such property: too short, not a number, no target |
| `unparseable` | what there is has not the form of the property's values |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import polars as pl

from analyze.properties.forms import Form
from analyze.properties.judged import JUDGED
from analyze.properties.registry import REGISTRY, Property
from analyze.properties.wording import refuses
from warehouse.errors import InputError, nearest

if TYPE_CHECKING:
    from polars.expr.whenthen import ChainedThen

# Raised with every change of what is computed or read, so that stored values are made again.
VERSION = 1

_TEXT, _TARGET = pl.col("text"), pl.col("target")
# What is left of a reply that was cut off, in which every word is a finished one.
_FINISHED = _TEXT.str.replace(r"\S*$", "")

Reader = Callable[[pl.DataFrame, str], pl.DataFrame]


def values(replies: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Return every named property of every reply; rows property by property, as they came.

    Args:
        replies: `request_key`, `text`, `target` (NULL where the question has none) and, where
            replies may have been cut off, `truncated`.
        names: names of the registry.

    Raises:
        InputError: a name that is not in the registry.
    """
    return _stacked([_answer_rows(replies, name) for name in names])


def read_answers(replies: pl.DataFrame) -> pl.DataFrame:
    """Return the property that each row names; columns as for `values`, and `property`.

    Rows are grouped by property. Raises InputError as `values`.
    """
    return _by_property(replies, _answer_rows)


def read_predictions(predictions: pl.DataFrame) -> pl.DataFrame:
    """Return the value that each prediction names, in the form of its property.

    Args:
        predictions: `request_key`, `property` (of the registry, or judged) and `text`. Rows are
            grouped by property.

    Raises:
        InputError: a property that is neither in the registry nor known as judged.
    """
    return _by_property(predictions, _prediction_rows)


def form_of(name: str) -> Form:
    """Return the form of a property's values; raise InputError for an unknown property."""
    known = REGISTRY.get(name) or JUDGED.get(name)
    if known is None:
        raise InputError(f"There is no property '{name}'.{nearest(name, [*REGISTRY, *JUDGED])}")
    return known.form


def _property(name: str) -> Property:
    if name in REGISTRY:
        return REGISTRY[name]
    if name in JUDGED:
        raise InputError(f"The property '{name}' is judged by a model; no function computes it.")
    raise InputError(f"There is no property '{name}'.{nearest(name, REGISTRY)}")


def _by_property(frame: pl.DataFrame, read: Reader) -> pl.DataFrame:
    parts = frame.partition_by("property", as_dict=True, maintain_order=True)
    return _stacked([read(part, str(name)) for (name,), part in parts.items()])


def _answer_rows(replies: pl.DataFrame, name: str) -> pl.DataFrame:
    wanted = _property(name)
    left = {"start": _TEXT, "words": _FINISHED, "whole": pl.lit(None, pl.String)}[wanted.reach]
    cut = pl.col("truncated").fill_null(False) if "truncated" in replies.columns else pl.lit(False)
    read = replies.lazy().with_columns(cut=cut)
    read = read.with_columns(seen=pl.when("cut").then(left).otherwise(_TEXT))
    read = read.with_columns(value=wanted.expression(pl.col("seen"), _TARGET))
    read = read.with_columns(label=wanted.form.read(pl.col("value")))
    reason = (
        _unreadable(_TEXT)
        .when(pl.col("value").is_null() & pl.col("cut")).then(pl.lit("truncated"))
        .when(pl.col("value").is_null()).then(pl.lit("undefined"))
        .when(pl.col("label").is_null()).then(pl.lit("unparseable"))
    )  # fmt: skip
    return _scored(read, name, reason)


def _prediction_rows(predictions: pl.DataFrame, name: str) -> pl.DataFrame:
    read = predictions.lazy().with_columns(label=form_of(name).read(_TEXT))
    reason = _unreadable(_TEXT).when(pl.col("label").is_null()).then(pl.lit("unparseable"))
    return _scored(read, name, reason)


def _unreadable(text: pl.Expr) -> ChainedThen:
    """Return the beginning of a chain of reasons: there is nothing to read."""
    return (
        pl.when(text.is_null()).then(pl.lit("missing"))
        .when(~text.str.contains(r"\S")).then(pl.lit("empty"))
        .when(refuses(text)).then(pl.lit("refused"))
    )  # fmt: skip


def _scored(read: pl.LazyFrame, name: str, reason: pl.Expr) -> pl.DataFrame:
    # Lazily, so that what several columns and reasons share is computed once.
    valid = pl.col("reason").is_null()
    columns = read.with_columns(reason=reason).select(
        "request_key",
        pl.lit(name).alias("property"),
        pl.when(valid).then("label").alias("label"),
        valid.alias("valid"),
        pl.col("reason").cast(pl.String),
    )
    return columns.collect()


_SCHEMA = {
    "request_key": pl.String(),
    "property": pl.String(),
    "label": pl.String(),
    "valid": pl.Boolean(),
    "reason": pl.String(),
}


def _stacked(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(parts) if parts else pl.DataFrame(schema=_SCHEMA)
