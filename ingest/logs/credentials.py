"""Keys and passwords that the header of a log carries along: left out before rows are made."""

from __future__ import annotations

import re
from typing import Any

LEFT_OUT = "(left out)"

_SECRET = (
    r"(?:[\w-]*(?:api|access|secret|private|account|subscription)[_-]?key|password|passwd"
    r"|[\w-]*secret|[\w-]*credentials?|(?:proxy-)?authorization|x-api-key"
    r"|(?:[\w-]*(?:hf|api|access|auth|bearer|session)[_-])?token)"
)
_NAME = re.compile(_SECRET, re.IGNORECASE)
# `model=x,api_key=y`, as the harness writes its arguments.
_ARGUMENT = re.compile(rf"(?<![\w-])({_SECRET}=)[^,\s]+", re.IGNORECASE)
_USER = re.compile(r"(?<=://)[^/@\s]+@")


def without_credentials(value: Any) -> Any:
    """Return a header in which every field, argument and URL that is a key or password is masked.

    Fields are known by their names, so a key in a field of another name stays; both tools leave
    out those that they know themselves.
    """
    if isinstance(value, dict):
        return {name: _masked(name, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_credentials(inner) for inner in value]
    if isinstance(value, str):
        return _USER.sub("", _ARGUMENT.sub(rf"\1{LEFT_OUT}", value))
    return value


def _masked(name: str, value: Any) -> Any:
    if isinstance(value, str) and value and _NAME.fullmatch(name):
        return LEFT_OUT
    return without_credentials(value)
