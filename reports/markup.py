"""HTML that escapes by construction: only `Html` is taken as it is, any other text is escaped."""

from __future__ import annotations

import json
from html import escape
from typing import Any


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def join(*parts: Any) -> Html:
    """Return the parts one after the other; None is left out, all but `Html` is escaped."""
    return Html("".join(_text(part) for part in parts if part is not None))


def tag(name: str, *children: Any, **attributes: Any) -> Html:
    """Return one element (`class_` -> `class`, `data_sort` -> `data-sort`, None is left out)."""
    shown = "".join(_attribute(key, value) for key, value in attributes.items())
    inner = join(*children)
    # A parser drops a line break right after <pre>; a second one keeps the text as it is.
    lead = "\n" if name == "pre" and inner.startswith("\n") else ""
    return Html(f"<{name}{shown}>{lead}{inner}</{name}>")


def data_script(value: Any, **attributes: Any) -> Html:
    """Return an inert JSON block that no content can close or turn into code."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return tag("script", Html(text), type="application/json", **attributes)


def _text(part: Any) -> str:
    return part if isinstance(part, Html) else _escaped(part)


def _escaped(value: Any) -> str:
    # A parser turns a bare carriage return into a line feed.
    return escape(str(value)).replace("\r", "&#13;")


def _attribute(key: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{_escaped(value)}"'
