"""Files into frames: JSON Lines, a JSON array, CSV, TSV or Parquet, or one clear sentence."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from warehouse.errors import InputError
from warehouse.keys import canonical

SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".pq")
LONGEST_FIELD = 10_000_000

_READ_ERRORS = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError)


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes; raise InputError if it is missing, a folder or empty."""
    if not path.exists():
        raise InputError(f"There is no file '{path}'.")
    if path.is_dir():
        raise InputError(f"'{path}' is a folder; give a file.")
    if not path.is_file():
        # A pipe may never come to an end, and neither does /dev/zero.
        raise InputError(f"'{path}' is a device or a pipe; save what it holds as a file.")
    data = path.read_bytes()
    if not data.strip():
        raise InputError(f"'{path}' is empty.")
    return data


def sha256(data: bytes) -> str:
    """Return the SHA-256 of a file's bytes in hex."""
    return hashlib.sha256(data).hexdigest()


def decode(data: bytes, name: str) -> str:
    """Return text read as UTF-8 whatever the locale; raise InputError with the row otherwise."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{name}, line {row}: not UTF-8 text; save the file as UTF-8.") from error
    if "\0" in text:
        row = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(f"{name}, line {row}: holds a NUL byte; save the file as UTF-8 text.")
    return text


def records(data: bytes, name: str) -> list[dict[str, Any]]:
    """Return the objects of a JSON array or of JSON Lines, whichever the file holds."""
    text = decode(data, name)
    return _array(text, name) if text.lstrip().startswith("[") else list(_lines(text, name))


def _array(text: str, name: str) -> list[dict[str, Any]]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: not a JSON array: {_short(error)}.") from error
    for number, row in enumerate(rows, 1):
        _demand_object(row, f"{name}, row {number}")
    return list(rows)


def _lines(text: str, name: str) -> Iterator[dict[str, Any]]:
    # Only "\n" ends a line: splitlines() would also cut at separators inside JSON strings.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{name}, line {number}: not JSON: {_short(error)}.") from error
        _demand_object(row, f"{name}, line {number}")
        yield row


def _demand_object(row: object, where: str) -> None:
    if not isinstance(row, dict):
        raise InputError(f"{where}: a JSON object is needed, not {type(row).__name__}.")
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{where}: holds half a surrogate pair; remove it.") from error


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:120].rstrip(".")


def read_table(path: Path) -> tuple[pl.DataFrame, str]:
    """Return a file's rows as a frame, and its SHA-256; raise InputError if it cannot be read.

    CSV columns are text; JSON and Parquet columns keep their types, and a JSON column that
    mixes types becomes text.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"'{path}' is not one of {', '.join(SUFFIXES)}.")
    data = read_bytes(path)
    if (data[:4] == b"PAR1") != (suffix in (".parquet", ".pq")):
        kind = "Parquet" if data[:4] == b"PAR1" else "not Parquet"
        raise InputError(f"'{path}' is {kind}; rename it to what it holds.")
    frame = _parse(data, suffix, path.name)
    if frame.is_empty() or not frame.columns:
        raise InputError(f"'{path}' has no rows.")
    return _checked(frame, path.name), sha256(data)


def _parse(data: bytes, suffix: str, name: str) -> pl.DataFrame:
    if suffix in (".parquet", ".pq"):
        return _parquet(data, name)
    if suffix in (".csv", ".tsv"):
        return _csv(data, name, "\t" if suffix == ".tsv" else ",")
    return _json(data, name)


def _parquet(data: bytes, name: str) -> pl.DataFrame:
    try:
        return pl.read_parquet(io.BytesIO(data))
    except _READ_ERRORS as error:
        raise InputError(f"{name}: Parquet that cannot be read: {_short(error)}.") from error


def _csv(data: bytes, name: str, separator: str) -> pl.DataFrame:
    text = decode(data, name)
    try:
        frame = pl.read_csv(io.BytesIO(data), infer_schema=False, separator=separator)
    except _READ_ERRORS as error:
        _refuse_longer_rows(text, name, separator)
        raise InputError(f"{name}: a table that cannot be read: {_short(error)}.") from error
    if len(frame.columns) == 1 and (marks := re.findall(r"[;|\t]", frame.columns[0])):
        raise InputError(
            f"{name}: its columns are separated by {marks[0]!r}; separate them by {separator!r}."
        )
    twice = [column for column in frame.columns if column.endswith("_duplicated_0")]
    if twice:
        column = twice[0].removesuffix("_duplicated_0")
        raise InputError(f"{name}: two columns are named '{column}'; rename one.")
    return frame


def _refuse_longer_rows(text: str, name: str, separator: str) -> None:
    """Raise InputError with the number of the first row that is longer than the header."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    with contextlib.suppress(csv.Error):
        header = next(rows, [])
        for number, row in enumerate(rows, 1):
            if len(row) > len(header):
                raise InputError(
                    f"{name}, row {number}: {len(row)} fields, where the header names "
                    f"{len(header)}; put text that holds a {separator!r} in double quotes."
                )


def _json(data: bytes, name: str) -> pl.DataFrame:
    if not data.lstrip().startswith(b"["):
        try:
            return pl.read_ndjson(io.BytesIO(data), infer_schema_length=None)
        except _READ_ERRORS:
            pass  # the slow reader below names the line, or reads what this one does not
    rows = records(data, name)
    names = dict.fromkeys(key for row in rows for key in row)
    try:
        return pl.DataFrame({key: _series([row.get(key) for row in rows]) for key in names})
    except (UnicodeEncodeError, RecursionError, *_READ_ERRORS) as error:
        raise InputError(f"{name}: rows that cannot be read: {_short(error)}.") from error


def _series(values: list[Any]) -> pl.Series:
    with contextlib.suppress(TypeError, OverflowError, *_READ_ERRORS):
        # Polars panics on some mixtures deep inside, and says so on stderr by itself.
        if _of_one_kind(values):
            return pl.Series(values=values, strict=True)
    return pl.Series(values=[_text(value) for value in values], dtype=pl.String)


def _of_one_kind(values: Iterable[Any]) -> bool:
    """Return whether values, and whatever stands at one place inside them, are of one kind."""
    found = [value for value in values if value is not None]
    kinds = {_kind(value) for value in found}
    if kinds == {list}:
        return _of_one_kind(value for part in found for value in part)
    if kinds == {dict}:
        names = dict.fromkeys(name for part in found for name in part)
        return all(_of_one_kind(part.get(name) for part in found) for name in names)
    return len(kinds) < 2


def _kind(value: Any) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        # Beyond 64 bits no column of numbers holds it.
        return float if -(2**63) <= value < 2**63 else int
    return type(value)


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else canonical(value)


def _checked(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    for column, type_ in frame.schema.items():
        if "\0" in column:
            raise InputError(f"{name}: the name of column {column!r} holds a NUL; rename it.")
        values = frame.get_column(column)
        if _holds_nul(values):
            bad = pl.Series([_holds_nul(values.slice(i, 1)) for i in range(len(values))])
            _refuse(bad, name, column, "holds a NUL or half a surrogate pair")
        if type_ == pl.String:
            long = values.alias("values").str.len_bytes() > LONGEST_FIELD
            _refuse(long, name, column, f"is longer than {LONGEST_FIELD:,} bytes")
    return frame


def _holds_nul(values: pl.Series) -> bool:
    """Return whether any text, however deep in lists and objects, holds a NUL."""
    # A column may be called `*` or `^a$`, which Polars would take for many columns.
    values = values.alias("values")
    if isinstance(values.dtype, pl.String):
        return bool(values.str.contains("\0", literal=True).any())
    if isinstance(values.dtype, pl.List):
        return _holds_nul(values.explode())
    if isinstance(values.dtype, pl.Struct):
        return any(_holds_nul(field) for field in values.struct.unnest().get_columns())
    return False


def _refuse(bad: pl.Series, name: str, column: str, why: str) -> None:
    if bad.any():
        row = bad.fill_null(False).arg_true()[0] + 1
        raise InputError(f"{name}, row {row}: column '{column}' {why}; remove it.")
