"""`docs/study-files.md`: every setting of a study file, from the models that check it."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from pages.markdown import fence, grid, page
from studies import sections as tables

INTRODUCTION = """\
A study file is one TOML file: what to bring in, whom to ask, what to estimate. It is checked
as a whole before anything runs; the files that it names are checked as each is read.
`mirrorlake run FILE` does what is left to do, so running it twice costs nothing and an
interrupted study is continued by the same command. Paths in it are relative to the file."""

DEMO = Path(tables.__file__).with_name("demo.toml")


def pages() -> dict[str, str]:
    """Return the page of study files."""
    sections = [
        ("Top of the file", tables.Study),
        *((f"[[{name}]]", table) for name, table in tables.STEPS.items()),
    ]
    blocks = [block for title, section in sections for block in _section(title, section)]
    return {
        "study-files.md": page(
            "# Study files",
            "Made from `studies/sections.py` by `make docs`.",
            INTRODUCTION,
            "The study of `make demo`:",
            fence("toml", DEMO.read_text("utf-8")),
            *blocks,
        )
    }


def _section(title: str, section: Any) -> tuple[str, str, str]:
    schema = section.model_json_schema()
    needed = schema.get("required", [])
    rows = [
        (f"`{name}`", _values(field), "needed" if name in needed else _default(field),
         field.get("description", ""))
        for name, field in schema["properties"].items()
        if "$ref" not in str(field)
    ]  # fmt: skip
    table = grid(("setting", "values", "if absent", "meaning"), rows)
    return f"## {title}", inspect.getdoc(section) or "", table


def _values(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        given = [_values(one) for one in field["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(given))
    if "prefixItems" in field:
        return f"list of {len(field['prefixItems'])} texts"
    if field.get("type") == "array":
        return f"list of {_values(field['items'])}"
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    kind = {"string": "text", "integer": "whole number"}.get(field["type"], field["type"])
    bounds = [f"{word} {field[key]:g}" for key, word in _BOUNDS.items() if key in field]
    return " ".join([kind, *bounds])


_BOUNDS = {"minimum": "from", "maximum": "to"}


def _default(field: dict[str, Any]) -> str:
    default = field.get("default")
    if isinstance(default, list):
        if "prefixItems" in str(field):
            return "none"
        return ", ".join(f"`{value}`" for value in default) or "all"
    return "" if default is None else f"`{default}`"
