"""SHA-256 of files, remembered by path, size and time of change for large ones."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

# Hashing smaller files is quicker than looking them up is worth.
REMEMBER_FROM = 64 * 2**20


def of_files(files: Iterable[Path]) -> str:
    """Return one SHA-256 over the sorted names and contents of files."""
    whole = hashlib.sha256()
    for path in sorted(files, key=lambda path: path.name):
        whole.update(f"{path.name}\0{of_file(path)}\n".encode())
    return whole.hexdigest()


def of_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    facts = path.stat()
    if facts.st_size < REMEMBER_FROM:
        return _hash(path)
    key = f"{path.resolve()}\0{facts.st_size}\0{facts.st_mtime_ns}"
    known = _recall()
    if key not in known:
        known[key] = _hash(path)
        _remember(known)
    return known[key]


def of_text(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _store() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "mirrorlake" / "digests.json"


def _recall() -> dict[str, str]:
    try:
        known: dict[str, str] = json.loads(_store().read_text())
    except (OSError, ValueError):
        return {}
    return known


def _remember(known: dict[str, str]) -> None:
    # Losing this file costs time only, so a folder that refuses it is no error.
    store = _store()
    partial = store.with_suffix(f".{os.getpid()}")
    try:
        store.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(known))
        partial.replace(store)
    except OSError:
        return
