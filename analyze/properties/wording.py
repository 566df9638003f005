"""The one normalisation that actual and predicted values share, and what counts as a refusal."""

from __future__ import annotations

import polars as pl

from analyze.parse import REFUSALS

_QUOTES = "\"'`“”‘’«»"
# A mark that is itself the value, in quotes: ".", "?".
_QUOTED_MARK = rf"^[{_QUOTES}](\S)[{_QUOTES}]$"
# A refusal opens the reply; later, or in quotes, the same words are part of a story.
_REFUSAL = rf'(?i)^[^"“”«».!?\n]*?(?:{"|".join(REFUSALS)})'


def bare(text: pl.Expr) -> pl.Expr:
    """Return text in lower case without blanks, quotes and full stops at its ends.

    Quotes and full stops go only where something else remains, so that a value which is itself
    a mark stays one.
    """
    folded = text.str.strip_chars().str.to_lowercase()
    inner = folded.str.strip_chars(_QUOTES).str.strip_chars_end(".").str.strip_chars(_QUOTES)
    inner = inner.str.strip_chars()
    mark = pl.coalesce(folded.str.extract(_QUOTED_MARK, 1), folded)
    return pl.when(inner == "").then(mark).otherwise(inner)


def refuses(text: pl.Expr) -> pl.Expr:
    """Return whether a reply opens with a refusal, as `analyze.parse` knows them.

    Whole replies that are plain words, such as "no", "next" or "random", are answers.
    """
    return text.str.contains(_REFUSAL)
