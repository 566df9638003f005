"""A public repository's files at one commit, each verified by its git blob id."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from urllib.parse import quote

from warehouse.errors import InputError

BASE_URL = "https://raw.githubusercontent.com"
# Resolving a name has no timeout of its own, so the whole first answer gets this deadline.
ANSWER_SECONDS = 12.0


@dataclass(frozen=True)
class Pinned:
    """A repository at a commit: the files that are wanted and their git blob ids."""

    repository: str
    commit: str
    files: dict[str, str]


@cache
def selfconsciousness() -> Pinned:
    """Return the pinned files of *From Imitation to Introspection*."""
    text = resources.files("ingest").joinpath("selfconsciousness.json").read_text("utf-8")
    return Pinned(**json.loads(text))


def blob_id(data: bytes) -> str:
    """Return the git blob id: the SHA-1 of `blob <size>`, a NUL and the bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def download(
    pinned: Pinned,
    folder: Path,
    base_url: str = BASE_URL,
    narrate: Callable[[str], None] = lambda _: None,
    seconds: float = ANSWER_SECONDS,
) -> Path:
    """Fetch what is missing into `folder` and return it; every file there is verified.

    Raises:
        InputError: no connection, an HTTP error, or bytes that are not the pinned ones.
    """
    for path, blob in pinned.files.items():
        target = folder / path
        if target.exists() and blob_id(target.read_bytes()) == blob:
            continue
        url = f"{base_url}/{pinned.repository}/{pinned.commit}/{quote(path)}"
        narrate(f"Downloading {path}")
        _keep(_fetch(url, seconds), blob, target, path)
    return folder


def _keep(data: bytes, blob: str, target: Path, path: str) -> None:
    if blob_id(data) != blob:
        raise InputError(
            f"The download of '{path}' is not the pinned file (git blob {blob_id(data)[:12]}, "
            f"wanted {blob[:12]}); nothing was kept of it. Clone the repository and give --source."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    try:
        partial.write_bytes(data)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _fetch(url: str, seconds: float) -> bytes:
    box: list[bytes | BaseException] = []

    def work() -> None:
        try:
            # A new opener: the shared one keeps the proxies of the process's first request.
            with urllib.request.build_opener().open(url, timeout=seconds) as reply:
                answered.set()
                box.append(reply.read())
        except (OSError, ValueError, http.client.HTTPException) as error:
            box.append(error)
        finally:
            answered.set()

    answered = threading.Event()
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    if answered.wait(seconds):
        thread.join()
    outcome = box[0] if box else TimeoutError("no answer")
    if isinstance(outcome, bytes):
        return outcome
    raise InputError(_sentence(url, outcome)) from outcome


def _sentence(url: str, error: BaseException) -> str:
    if isinstance(error, urllib.error.HTTPError):
        why = f"the server answered {error.code}"
    else:
        why = str(getattr(error, "reason", error)) or type(error).__name__
    return (
        f"Could not download {url} ({why}). Clone the repository where there is a network and "
        "give its folder: --source PATH."
    )
