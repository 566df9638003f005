"""A study file: one TOML a study, checked completely before anything runs."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ingest.tables import decode, read_bytes
from studies.sections import STEPS, Section, Study
from warehouse.errors import InputError, nearest


def load(path: Path) -> Study:
    """Return the study of a file; raise InputError naming file, place and remedy."""
    if not path.exists():
        known = sorted(str(p) for p in path.parent.glob("*.toml"))
        hint = nearest(str(path), known) if known else ""
        raise InputError(f"There is no study file {path}.{hint}")
    try:
        data = tomllib.loads(decode(read_bytes(path), path.name))
    except (OSError, ValueError, RecursionError) as error:
        step = re.search(rf"Cannot declare \('({'|'.join(STEPS)})',\) twice", str(error))
        hint = f" Write [[{step[1]}]] in double brackets, once for each step." if step else ""
        raise InputError(f"The study file {path} cannot be read: {error}.{hint}") from error
    try:
        return Study.model_validate(data)
    except ValidationError as error:
        raise InputError(f"The study file {path}: {_first(error, data)}") from error


def _first(error: ValidationError, data: dict[str, Any]) -> str:
    # A mistyped setting is also a missing one; the name that stands there says more.
    found = error.errors(include_url=False)
    first = min(found, key=lambda one: one["type"] != "extra_forbidden")
    place = _place(first["loc"])
    if first["type"] == "extra_forbidden":
        section = _section(first["loc"][:-1])
        return f"{place} is not a setting.{nearest(str(first['loc'][-1]), section.model_fields)}"
    return f"{place}: {_why(first)}"


def _place(parts: tuple[int | str, ...]) -> str:
    """Return where in the file, steps counted from 1."""
    match parts:
        case (str(section), int(step), *names):
            words = " ".join(f"'{name}'" for name in names if isinstance(name, str))
            return f"[[{section}]] number {step + 1}" + (f", {words}" if words else "")
        case (name, *_):
            return f"'{name}'"
    return "the file"


def _why(problem: ErrorDetails) -> str:
    given = _brief(problem["input"])
    match problem["type"]:
        case "tuple_type" if problem["loc"] in [(step,) for step in STEPS]:
            return f"write [[{problem['loc'][0]}]] in double brackets, once for each step."
        case "tuple_type":
            return f"a list is needed, such as [{given}]."
        case "literal_error":
            known = re.findall(r"'([^']*)'", problem["ctx"]["expected"])
            return f"{given} is not known.{nearest(str(problem['input']), known)}"
        case "string_pattern_mismatch":
            return f"{given} may hold letters, digits, '.', '_' and '-' only, no spaces."
    return f"{problem['msg']}."


def _brief(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:59] + "…"


def _section(place: tuple[int | str, ...]) -> type[Section]:
    return STEPS.get(str(place[0]), Study) if place else Study
