"""Their column names against ours: renaming by hand, and the nearest name for a typo."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from warehouse.errors import InputError, nearest

OPTION = re.compile(r"choice_[a-z]")


def parse_mapping(pairs: Sequence[str]) -> dict[str, str]:
    """Return `theirs=ours` pairs as a mapping; raise InputError for anything else."""
    mapping: dict[str, str] = {}
    for pair in pairs:
        theirs, equals, ours = pair.rpartition("=")
        if not (theirs and equals and ours):
            raise InputError(f"--map '{pair}' is not THEIRS=OURS, such as prompt=question.")
        if theirs in mapping:
            raise InputError(f"--map names the column '{theirs}' twice; give it once.")
        mapping[theirs] = ours
    return mapping


def rename(
    frame: pl.DataFrame, mapping: Mapping[str, str], known: Sequence[str], name: str
) -> pl.DataFrame:
    """Return the frame under our names; raise InputError for a name on neither side."""
    for theirs, ours in mapping.items():
        if theirs not in frame.columns:
            hint = nearest(theirs, frame.columns)
            raise InputError(f"{name} has no column '{theirs}' to map.{hint}")
        if ours not in known and not OPTION.fullmatch(ours):
            raise InputError(f"There is no column '{ours}' to map to.{nearest(ours, known)}")
    names = [mapping.get(column, column) for column in frame.columns]
    twice = next((column for column in names if names.count(column) > 1), None)
    if twice:
        raise InputError(f"{name} would have two columns '{twice}'; map one of them elsewhere.")
    return frame.rename(dict(mapping))


# Columns that reading a file adds: no one could rename them.
_OURS = ("source_row", "dataset")


def demand(frame: pl.DataFrame, wanted: Sequence[str], name: str) -> None:
    """Raise InputError unless one of the wanted columns is there, naming the nearest."""
    if any(column in frame.columns for column in wanted):
        return
    theirs = [column for column in frame.columns if column not in _OURS]
    needed = " or ".join(f"'{column}'" for column in wanted)
    hint = nearest(wanted[0], theirs, "The file has")
    option = " or name it with --model" if "model" in wanted else ""
    raise InputError(f"{name} has no column {needed}; rename one with --map{option}.{hint}")


def near_misses(unused: Iterable[str], known: Sequence[str]) -> list[str]:
    """Return a question for each column without a meaning whose name is nearly one of ours."""
    close = ((name, difflib.get_close_matches(name.lower(), known, 1, 0.75)) for name in unused)
    return [f"Did you mean '{ours[0]}' by column '{name}'?" for name, ours in close if ours]


def texts(frame: pl.DataFrame, column: str, name: str) -> pl.Series:
    """Return a column as text; numbers and truth values are written out, lists are refused."""
    series = frame[column]
    if series.dtype == pl.Null or series.dtype == pl.String:
        return series.cast(pl.String)
    if series.dtype.is_nested() or series.dtype == pl.Binary:
        raise InputError(f"{name}: column '{column}' holds {series.dtype}, where text is needed.")
    return series.cast(pl.String)


def numbers(frame: pl.DataFrame, column: str, kind: pl.DataType, name: str) -> pl.Series:
    """Return a column as numbers; raise InputError with the first row that is none."""
    series = texts(frame, column, name).str.strip_chars()
    series = series.set(series == "", None)
    decimal = series.cast(pl.Float64, strict=False).fill_nan(None)
    decimal = decimal.set(decimal.is_infinite(), None)
    exact = series.cast(kind, strict=False) if kind.is_integer() else decimal
    # Whole numbers written as 12.0, as many tools write a column with gaps.
    whole = decimal.set(decimal != decimal.round(), None).cast(kind, strict=False)
    cast = exact.fill_null(whole) if kind.is_integer() else exact
    bad = (cast.is_null() & series.is_not_null() & (series.str.to_lowercase() != "nan")).arg_true()
    if len(bad):
        row = bad[0]
        raise InputError(
            f"{name}, row {row + 1}: column '{column}' holds {series[row]!r:.60}, not a number."
        )
    return cast


def refuse_rows(frame: pl.DataFrame, bad: pl.Expr, name: str, why: str) -> None:
    """Raise InputError with the file's number of the first row where `bad` holds.

    `why` may name columns of the frame in braces.
    """
    hits = frame.filter(bad).head(1)
    if hits.height:
        row = {key: _brief(value) for key, value in hits.row(0, named=True).items()}
        raise InputError(f"{name}, row {row['source_row']}: {why.format(**row)}")


def _brief(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else text[:59] + "…"
