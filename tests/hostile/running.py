"""Cases shared out to worker processes that are watched: a crash or a hang is a fault too."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.warm import ROOT

CORES = min(os.cpu_count() or 1, 8)
# Beyond what a case may compute (`worker.MOST_SECONDS`), so that a busy machine is no hang.
SILENCE = 60.0


def judge_all(count: int, folder: Path) -> list[dict[str, Any]]:
    """Return the outcome of every case below `count`, in order."""
    with ThreadPoolExecutor(CORES) as pool:
        shares = pool.map(lambda first: _share(folder / str(first), first, count), range(CORES))
        outcomes = [outcome for share in shares for outcome in share]
    return sorted(outcomes, key=lambda outcome: outcome["number"])


def _share(folder: Path, first: int, stop: int) -> list[dict[str, Any]]:
    outcomes: list[dict[str, Any]] = []
    while first < stop:
        found, end = _until_it_ends(folder, first, stop)
        outcomes += found
        first += CORES * len(found)
        if first < stop:
            outcomes.append({"number": first, "code": None, "faults": [end]})
            first += CORES
    return outcomes


def _until_it_ends(folder: Path, first: int, stop: int) -> tuple[list[dict[str, Any]], str]:
    """Return what a worker judged, and how it ended."""
    words = [sys.executable, "-m", "tests.hostile.worker", str(folder), str(first), str(stop)]
    errors = folder.with_suffix(".err")
    errors.parent.mkdir(parents=True, exist_ok=True)
    with errors.open("wb") as sink, subprocess.Popen(
        [*words, str(CORES)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=sink,
        cwd=ROOT,
    ) as process:  # fmt: skip
        found, hung = _lines(process)
        if hung:
            process.kill()
    tail = errors.read_text("utf-8", "replace")[-600:]
    return found, "hung" if hung else f"the process ended with {process.returncode}: {tail}"


def _lines(process: subprocess.Popen[bytes]) -> tuple[list[dict[str, Any]], bool]:
    assert process.stdout is not None
    descriptor, data = process.stdout.fileno(), b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while selector.select(SILENCE):
            piece = os.read(descriptor, 1 << 16)
            data += piece
            if not piece:
                return [json.loads(line) for line in data.splitlines()], False
    return [json.loads(line) for line in data.splitlines() if line.endswith(b"}")], True
