"""Every error a person can cause, as one tree; each message says what, where and what to do.

LakeError                 exit 2
├── InputError            exit 2   a file, column, row or name that cannot be used
├── SchemaError           exit 2   the lake was written by another schema version
├── DamageError           exit 2   a segment or ledger is not what was written
├── BusyError             exit 2   the same work, or the publish lock, is held elsewhere
├── QueryError            exit 2   SQL that is refused or that DuckDB cannot run
├── StorageError          exit 2   the disk is full or refuses to write
├── PartialError          exit 1   part of the work was done and kept
├── ProviderError         exit 3   a provider refuses all requests, or cannot be reached
├── BudgetError           exit 4   the next request might cost more than is allowed
└── Interrupted           exit 130 drained after Ctrl-C
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class LakeError(Exception):
    """Root of all errors shown to people as one sentence without a traceback."""

    exit_code = 2


class InputError(LakeError):
    """A file, column, row or name that cannot be used."""


class SchemaError(LakeError):
    """The lake was written by another schema version."""


class DamageError(LakeError):
    """A segment or the ledger is not what was written."""


class BusyError(LakeError):
    """Another live process holds what this command needs."""


class QueryError(LakeError):
    """SQL that is refused, or that DuckDB cannot run."""


class StorageError(LakeError):
    """The disk is full or refuses to write."""


class PartialError(LakeError):
    """Part of the work was done and kept; the rest failed."""

    exit_code = 1


class ProviderError(LakeError):
    """A provider refuses every request, or cannot be reached."""

    exit_code = 3


class BudgetError(LakeError):
    """The next request might cost more than may be spent."""

    exit_code = 4


class Interrupted(LakeError):
    """Stopped by Ctrl-C after what was in flight was kept."""

    exit_code = 130


def nearest(name: str, known: Iterable[str], listed: str = "Known") -> str:
    """Return `" Did you mean 'x'?"` for the closest known name, else `" Known: x, y."`."""
    names = sorted(set(known))
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f" Did you mean '{_brief(close[0])}'?"
    more = ", …" if len(names) > 12 else ""
    return f" {listed}: {', '.join(map(_brief, names[:12]))}{more}." if names else ""


def _brief(name: str) -> str:
    return name if len(name) <= 80 else name[:79] + "…"
