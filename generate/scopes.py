"""What jobs came to, as commands print it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from console import columns, emit

if TYPE_CHECKING:
    from generate.job import Scope

# Left out of the table, never of the JSON, where every line would say 0.
_USUALLY_ZERO = {"skipped", "waiting", "unpriced"}


def show_scopes(found: Sequence[Scope], as_json: bool) -> None:
    """Print what each job came to, as a table or as JSON."""
    rows = [scope.to_dict() for scope in found]
    flat = [_flat(row) for row in rows]
    names = dict.fromkeys(name for row in flat for name in row)
    shown = [n for n in names if n not in _USUALLY_ZERO or any(row.get(n) for row in flat)]
    emit(rows, as_json, columns(flat, shown))


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Return a scope as one line, a column for each status that occurs."""
    inner = {"statuses", "failures"}
    return {k: v for k, v in row.items() if k not in inner} | dict(row.get("statuses", {}))
