"""Small files of a model, read with one sentence for whatever is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from warehouse.errors import InputError


def json_object(path: Path) -> dict[str, Any]:
    """Return a JSON object that rows can hold; raise InputError for anything else."""
    try:
        value = json.loads(text(path), parse_constant=str)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path.name} of the model cannot be read: {error}.") from error
    if not isinstance(value, dict):
        raise InputError(f"{path.name} of the model is not a JSON object.")
    return value


def text(path: Path) -> str:
    """Return a UTF-8 file's text; raise InputError if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} of the model cannot be read: {error}.") from error
