"""Reading a price file; what is wrong with it is said in one sentence with its place and cure."""

from __future__ import annotations

import json
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from generate.money.form import FileForm, LongForm, PriceForm, RatesForm, Section, TariffForm
from warehouse.errors import InputError, nearest

_TABLES: dict[str, type[Section]] = {
    "price": PriceForm,
    "long": LongForm,
    "fine_tuned": TariffForm,
    "batch": RatesForm,
}


def read(path: Path, content: bytes) -> FileForm:
    """Return what a file says; raise InputError naming file, place and remedy."""
    try:
        # Decimals as they are written: 0.1 must not become 0.1000000000000000055.
        data = tomllib.loads(content.decode("utf-8-sig"), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise InputError(f"The price file {path} cannot be read: {_broken(error)}.") from error
    try:
        return FileForm.model_validate(data)
    except ValidationError as error:
        raise InputError(f"The price file {path}: {_first(error)}") from error


def content(path: Path) -> bytes:
    """Return the bytes of a file; raise InputError if there are none to be had."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        known = [str(p) for p in path.parent.glob("*.toml")]
        hint = nearest(str(path), known) if known else ""
        raise InputError(f"There is no price file {path}.{hint}") from error
    except OSError as error:
        raise InputError(f"The price file {path} cannot be read: {error.strerror}.") from error


def _broken(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    if "Cannot declare ('price',) twice" in str(error):
        return "write [[price]] in double brackets, once for each interval of rates"
    return str(error)


def _first(error: ValidationError) -> str:
    # A mistyped setting is also a missing one; the name that stands there says more.
    found = error.errors(include_url=False)
    first = min(found, key=lambda one: one["type"] != "extra_forbidden")
    return f"{_place(first['loc'])} {_why(first)}"


def _place(parts: tuple[int | str, ...]) -> str:
    """Return where in the file, entries counted from 1."""
    match parts:
        case ("price", int(entry), *names):
            words = " ".join(f"'{name}'" for name in names if isinstance(name, str))
            return f"[[price]] number {entry + 1}" + (f", {words}" if words else "")
        case (name, *_):
            return f"'{name}'"
    return "it"


def _why(problem: ErrorDetails) -> str:
    match problem["type"]:
        case "extra_forbidden":
            settings = _settings(_section(problem["loc"]))
            return f"is not a setting.{nearest(str(problem['loc'][-1]), settings)}"
        case "value_error":
            return f"cannot be used: {problem['ctx']['error']}."
        case "missing":
            return f"is missing; it must be {_needed(problem['loc'])}."
        case "literal_error":
            known = get_args(PriceForm.model_fields["provider"].annotation)
            return f"is not known.{nearest(str(problem['input']), known)}"
    return f"is {_brief(problem['input'])}; it must be {_needed(problem['loc'])}."


def _needed(place: tuple[int | str, ...]) -> str:
    """Return what a setting must be, as its description says."""
    names = [part for part in place if isinstance(part, str)]
    field = _settings(_section(tuple(names)))[names[-1]]
    return field.description or "left out"


def _section(place: tuple[int | str, ...]) -> type[Section]:
    tables = [part for part in place[:-1] if isinstance(part, str)]
    return _TABLES[tables[-1]] if tables else FileForm


def _settings(section: type[Section]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in section.model_fields.items()}


def _brief(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    return text if len(text) <= 60 else text[:59] + "…"


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value)
