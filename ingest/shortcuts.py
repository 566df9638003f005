"""What a reader gets right without reading the question: surface baselines of a concept.

Each function returns one credit a row between 0 and 1 (NULL without options or a label).
Options that the rule cannot tell apart share the credit, so with two options ties, equal
lengths and texts seen nowhere else count one half.
"""

from __future__ import annotations

import polars as pl


def _credit(options: pl.DataFrame, frame: pl.DataFrame) -> pl.Series:
    best = pl.col("value") == pl.col("value").max().over("row")
    credits = (
        options.with_columns(best=best)
        .group_by("row")
        .agg(credit=(pl.col("best") & pl.col("is_right")).sum() / pl.col("best").sum())
    )
    return frame.join(credits, on="row", how="left", maintain_order="left")["credit"]


def _options(frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row an option: `row`, `family`, `text`, `place`, `is_right`."""
    labelled = frame.filter(pl.col("right").is_not_null())
    texts = pl.col("choices").list.eval(pl.element().str.strip_chars())
    return (
        labelled.select(
            "row", "right", family="group_id", text=texts,
            place=pl.int_ranges(pl.col("choices").list.len()),
        )
        .explode("text", "place")
        .with_columns(is_right=pl.col("place") == pl.col("right"))
    )  # fmt: skip


def longer_option(frame: pl.DataFrame) -> pl.Series:
    """Return the credit of always choosing the option with the most characters."""
    options = _options(frame)
    return _credit(options.with_columns(value=pl.col("text").str.len_chars()), frame)


def option_text_prior(frame: pl.DataFrame) -> pl.Series:
    """Return the credit of choosing the text that was right most often in other families.

    The value of an option is the share of its occurrences in all other families (`group_id`)
    in which it was the right one; a text seen nowhere else has the value one half.
    """
    options = _options(frame)
    text, here = ["text"], ["text", "family"]
    seen = pl.len().over(text) - pl.len().over(here)
    right = pl.col("is_right").sum().over(text) - pl.col("is_right").sum().over(here)
    options = options.with_columns(seen=seen, wins=right.cast(pl.Int64))
    value = pl.when(pl.col("seen") > 0).then(pl.col("wins") / pl.col("seen")).otherwise(0.5)
    return _credit(options.with_columns(value=value), frame)
