"""Output of the lm-evaluation-harness with `--log_samples`: samples and the results beside them.

A run writes `samples_<task>_<date>.jsonl` a task and one `results_<date>.json` (or another name
that ends in the same date) into one folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.logs.credentials import without_credentials
from ingest.logs.decode import parse_object
from ingest.tables import read_bytes, sha256
from warehouse.errors import InputError

Row = dict[str, Any]

_SAMPLES = re.compile(r"samples_(?P<task>.+)_(?P<date>\d{4}-\d\d-\d\dT[\d.:-]+)\.jsonl")


@dataclass(frozen=True)
class RawTask:
    """One task of one run: its lines, and what the results file says of the run, if any."""

    path: Path
    task: str
    digest: str
    lines: list[bytes]
    results: Row

    def records(self) -> Iterator[tuple[str, int, Row]]:
        """Yield (where, line number, object) of each line."""
        for number, line in enumerate(self.lines, 1):
            if line.strip():
                where = f"{self.path.name}, line {number}"
                yield where, number, parse_object(line, where)


def sample_files(paths: Iterable[Path]) -> list[Path]:
    """Return the samples files among files and folders; a results file stands for its samples.

    Raises:
        InputError: a path that is not there, or beside which no samples were logged.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise InputError(f"There is no file or folder '{path}'.")
        found |= dict.fromkeys(_samples(path))
    return list(found)


def _samples(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(path.rglob("samples_*.jsonl"))
    elif path.suffix == ".json":
        date = path.stem.rpartition("_")[2]
        files = sorted(path.parent.glob(f"samples_*_{_plain(date)}.jsonl"))
    else:
        return [path]
    if not files:
        raise InputError(
            f"'{path}' has no samples_<task>_<date>.jsonl; run lm_eval with --log_samples."
        )
    return files


def _plain(text: str) -> str:
    """Return a text in which no character has a meaning of its own in a pattern of files."""
    return re.sub(r"([*?\[])", r"[\1]", text)


def read(path: Path) -> RawTask:
    """Return a samples file with the results beside it; a name without a task is the task.

    Raises:
        InputError: an empty file, or a results file that is no JSON object.
    """
    data = read_bytes(path)
    named = _SAMPLES.fullmatch(path.name)
    task = named["task"] if named else path.stem
    results = _results(path.parent, named["date"]) if named else None
    return RawTask(path, task, sha256(data), data.split(b"\n"), results or {})


def _results(folder: Path, date: str) -> Row | None:
    beside = sorted(folder.glob(f"*_{_plain(date)}.json"))
    if not beside:
        return None
    record: Row = without_credentials(parse_object(read_bytes(beside[0]), beside[0].name))
    return record
