"""JSON of unknown origin into values: every way in which it can be broken is one sentence."""

from __future__ import annotations

import gc
import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from warehouse.errors import InputError


def _number(text: str) -> float | str:
    value = float(text)
    return value if math.isfinite(value) else text


# NaN and the infinities, which JSON does not know, become their names, and numbers too large
# for a row stay text: no row holds them.
_DECODER = json.JSONDecoder(parse_constant=str, parse_float=_number)
_ESCAPES = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_SUSPECT = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")

# Whoever reads a row later must be able to: readers of JSON give up at other depths.
DEEPEST = 200
_TOO_DEEP = f"JSON that is nested deeper than {DEEPEST} levels."

_KINDS = {str: "text", int: "a whole number", list: "a list", dict: "an object"}


def parse(data: bytes, where: str) -> Any:
    """Return the value of a JSON text; raise InputError where it is none.

    NULs and halves of surrogate pairs, which no file and no database can hold, become U+FFFD.
    """
    try:
        text = data.decode("utf-8-sig")
        value = _DECODER.decode(_mended(text) if _SUSPECT.search(data) else text)
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: not UTF-8 text at byte {error.start:,}.") from error
    except RecursionError as error:
        raise InputError(f"{where}: {_TOO_DEEP}") from error
    except ValueError as error:
        raise InputError(f"{where}: not JSON: {' '.join(str(error).split())[:100]}.") from error
    # Fewer brackets than levels cannot nest too deeply; most texts are spared the walk.
    if data.count(b"[") + data.count(b"{") > DEEPEST and _is_deeper(value):
        raise InputError(f"{where}: {_TOO_DEEP}")
    return value


def _is_deeper(value: Any) -> bool:
    layer = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        parts = (part.values() if isinstance(part, dict) else part for part in layer)
        layer = [one for inner in parts for one in inner if isinstance(one, dict | list)]
        if not layer:
            return False
    return True


def _mended(text: str) -> str:
    parts, end, high = [], 0, None
    for match in _ESCAPES.finditer(text):
        code = int(match[1], 16) if match[1] else -1
        paired = high is not None and match.start() == high + 6 and 0xDC00 <= code < 0xE000
        if high is not None and not paired:
            parts += [text[end:high], "\\ufffd"]
            end = high + 6
        high = match.start() if 0xD800 <= code < 0xDC00 else None
        if code == 0 or (0xDC00 <= code < 0xE000 and not paired):
            parts += [text[end : match.start()], "\\ufffd"]
            end = match.end()
    if high is not None:
        parts += [text[end:high], "\\ufffd"]
        end = high + 6
    return "".join([*parts, text[end:]])


def parse_object(data: bytes, where: str) -> dict[str, Any]:
    """Return the object of a JSON text; raise InputError for anything else."""
    value = parse(data, where)
    if not isinstance(value, dict):
        raise InputError(f"{where}: a JSON object is needed, not {type(value).__name__}.")
    return value


def get(record: Mapping[str, Any], name: str, kind: type, where: str) -> Any:
    """Return a field of the given kind, or None where it is absent or null.

    Raises:
        InputError: the field is there and of another kind.
    """
    value = record.get(name)
    if value is None or (isinstance(value, kind) and value is not True and value is not False):
        return value
    raise InputError(f"{where}: '{name}' must be {_KINDS[kind]}, not {type(value).__name__}.")


def count(value: Any) -> int | None:
    """Return a number of tokens that a column holds, else None."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value < 2**31 else None


def finite(value: Any) -> float | None:
    """Return a number or truth value as a finite float, None for anything else."""
    if not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def filled(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that say anything: neither null nor empty."""
    return {name: value for name, value in record.items() if value or value == 0}


@contextmanager
def uncollected() -> Iterator[None]:
    """Hold back garbage collection while millions of values that all stay are made.

    Scanning them again and again took a quarter of the time, and trees of JSON hold no cycles.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
