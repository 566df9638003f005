"""`mirrorlake ingest inspect`: Inspect AI logs from their paths to written rows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingest.logs.bring import bring
from ingest.logs.decode import uncollected
from ingest.logs.inspect_ai.files import log_files, read
from ingest.logs.inspect_ai.header import header_of
from ingest.logs.inspect_ai.log import read_log
from ingest.logs.samples import Log


def ingest_inspect(
    lake_path: str,
    paths: Sequence[Path],
    *,
    dataset: str | None = None,
    concept: str | None = None,
    model: str | None = None,
) -> dict[str, Any]:
    """Write Inspect logs; return what was read and written. Nothing is written if one is bad.

    Raises:
        InputError: a path without a log, or a log that cannot be used.
    """
    files, others = log_files(paths)
    with uncollected():
        logs = [_log(path, dataset, concept, model) for path in files]
        return bring(lake_path, "ingest inspect", logs, others)


def _log(path: Path, dataset: str | None, concept: str | None, model: str | None) -> Log:
    raw = read(path)
    return read_log(raw, header_of(raw, file_digest(path), dataset, concept, model))


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
