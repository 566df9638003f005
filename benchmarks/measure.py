"""Time and peak memory of a command, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
PYTHON = (sys.executable,)
MIRRORLAKE = (sys.executable, "-m", "cli")


@dataclass(frozen=True)
class Measured:
    """What one command took; `peak` is the largest resident size in MB."""

    seconds: float
    peak: int


def measure(*command: str, repeat: int = 1) -> Measured:
    """Return the median time and the largest peak of a command over `repeat` runs.

    A command whose last line is JSON with `seconds` has timed its own work; any other is timed
    whole, from start to end of its process. Raises RuntimeError when it fails.
    """
    runs = [_once(command) for _ in range(repeat)]
    return Measured(median(run.seconds for run in runs), max(run.peak for run in runs))


def _once(command: tuple[str, ...]) -> Measured:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, stderr=errors, cwd=ROOT)
        # A child's peak is in what `wait4` says of it alone; this process imports nothing heavy,
        # for the child counts what it was forked from.
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            errors.seek(0)
            said = errors.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"{' '.join(command)} failed ({child.returncode}):\n{said}")
        out.seek(0)
        return Measured(_timed_itself(out.read()) or seconds, usage.ru_maxrss // 1024)


def _timed_itself(out: bytes) -> float | None:
    lines = out.strip().splitlines()
    if not lines or not lines[-1].startswith(b'{"seconds"'):
        return None
    return float(json.loads(lines[-1])["seconds"])
