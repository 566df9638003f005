"""Runs cases of the corpus through the real command and says what it did wrong.

    python -m tests.hostile.worker FOLDER FIRST STOP STEP

Prints one JSON line a case. The command's own stdout and stderr are files, so that what native
code writes past Python is seen too. A crash or a hang of this process is seen by who started it.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from cli import main
from tests.hostile.corpus import Case, write_case
from tests.hostile.seeds import QUESTIONS, as_jsonl
from warehouse.check import open_and_check

MOST_SECONDS = 10.0
MOST_MEGABYTES = 1500
# Of the files that are accepted, every tenth number goes on to estimates and a report.
DEEPER = 10
# What runs away meets this wall, not the machine's.
MOST_BYTES = 8 << 30
# A few sentences; what is accepted may also list columns and findings.
MOST_SAID = {2: 700, 0: 6000}


def run(words: list[str], place: Path) -> tuple[int | None, str, str, str]:
    """Return exit code (None for an escaped exception), stdout, stderr and the exception."""
    files = [place / "stdout", place / "stderr"]
    kept = [os.dup(1), os.dup(2)]
    for number, file in enumerate(files, 1):
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, number)
        os.close(handle)
    code: int | None = None
    escaped = ""
    try:
        main(words, prog_name="mirrorlake")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except BaseException:
        escaped = traceback.format_exc(limit=-3)[-1500:]
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, handle in enumerate(kept, 1):
            os.dup2(handle, number)
            os.close(handle)
    out, err = (file.read_bytes().decode("utf-8", "backslashreplace") for file in files)
    return code, out, err, escaped


def snapshot(folder: Path) -> dict[str, str]:
    """Return the digest of every file under a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def faults(code: int | None, out: str, err: str, escaped: str) -> list[str]:
    """Return what is wrong with how a command ended and what it said."""
    found = []
    if escaped:
        found.append(f"an exception escaped: {escaped}")
    elif code not in (0, 2):
        found.append(f"exit code {code}")
    if "Traceback" in err + out or "panicked" in err:
        found.append("a traceback or a panic was shown")
    for name, text in (("stdout", out), ("stderr", err)):
        odd = sorted({c for c in text if not c.isprintable() and c != "\n"})
        if odd:
            found.append(f"{name} holds {odd!r:.80}")
    if code == 2 and (out or err.count("\n") > 4):
        found.append("a refusal that is not a few sentences on stderr")
    if code == 2 and "Error: " not in err:
        found.append("a refusal without a reason")
    if len(err) > MOST_SAID.get(code or 0, 6000):
        found.append(f"stderr is {len(err):,} characters long: {err[:200]}")
    return found


def judge(number: int, template: Path, place: Path) -> dict[str, Any]:
    """Run one case on a lake of its own and return its outcome and every fault."""
    shutil.rmtree(place, ignore_errors=True)
    inputs, lake = place / "in", place / "work" / "lake"
    inputs.mkdir(parents=True)
    shutil.copytree(template, lake)
    case = write_case(number, inputs)
    before = snapshot(place / "work")
    usage, start = resource.getrusage(resource.RUSAGE_SELF), time.process_time()
    code, out, err, escaped = run(case.arguments(lake, place / "work" / "report"), place)
    found = faults(code, out, err, escaped)
    if time.process_time() - start > MOST_SECONDS:
        found.append(f"took {time.process_time() - start:.0f} s")
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - usage.ru_maxrss) // 1024
    if grown > MOST_MEGABYTES:
        found.append(f"took {grown} MB")
    found += _left(case, code, lake, before, place / "work")
    if code == 0 and case.command[0] == "ingest" and number % DEEPER == 0:
        found += _later(lake, place)
    return {"number": number, "what": case.what, "command": " ".join(case.command),
            "code": code, "faults": found, "said": err[-400:]}  # fmt: skip


def _later(lake: Path, place: Path) -> list[str]:
    """Return what goes wrong later, when accepted rows are analysed and reported."""
    given = ("--lake", str(lake))
    found: list[str] = []
    for words in (["analyze", "quantify", *given], ["report", *given, "--out", str(place / "r")]):
        found += [f"{words[0]}: {fault}" for fault in faults(*run(words, place))]
    return found


def _left(
    case: Case, code: int | None, lake: Path, before: dict[str, str], work: Path
) -> list[str]:
    """Return what is wrong with what a command left on disk."""
    if code == 0:
        wrong = open_and_check(lake)
        return [f"lake check: {wrong!r:.300}"] if wrong else []
    after = snapshot(work)
    # A study that fails at a later step keeps what its earlier steps finished.
    if after != before and case.command != ("run",):
        changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
        return [f"exit {code}, but changed {changed}"]
    left = [name for name in after if ".tmp" in name or ".index-" in name]
    return [f"left {left}"] if left else []


def make_template(folder: Path, lake: Path) -> Path:
    """Return a copy of a small lake; every case gets it back in the place where it was made."""
    file = folder / "stored.jsonl"
    file.write_bytes(as_jsonl(QUESTIONS[:3]))
    words = ["ingest", "questions", str(file), "--dataset", "mine", "--lake", str(lake)]
    code, _, err, escaped = run(words, folder)
    assert code == 0, err + escaped
    return Path(shutil.move(lake, folder / "template"))


def serve(folder: Path, numbers: range) -> None:
    """Judge cases and print one JSON line each."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    template = make_template(folder, folder / "case" / "work" / "lake")
    for number in numbers:
        channel.write(json.dumps(judge(number, template, folder / "case")) + "\n")


if __name__ == "__main__":
    serve(Path(sys.argv[1]), range(*map(int, sys.argv[2:])))
