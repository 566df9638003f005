"""Inspect AI's two containers, `.eval` archives and JSON files, as a header and raw samples.

An archive holds `header.json` and one member a sample, `samples/<id>_epoch_<n>.json`, or for
very large samples `samples/<id>_epoch_<n>/sample.json` with its messages and events in chunks
beside it. A run that was killed leaves no header but `_journal/start.json`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.logs.credentials import without_credentials
from ingest.logs.decode import parse_object
from ingest.logs.inspect_ai.archive import LARGEST_MEMBER, Archive
from warehouse.errors import InputError

Row = dict[str, Any]

SUFFIXES = (".eval", ".json")
_START = "_journal/start.json"
_NAMED = re.compile(r"_epoch_\d+\.json$")


@dataclass(frozen=True)
class RawLog:
    """A log as its container holds it; `samples` yields (where, sample) once.

    `incomplete` says that the run was killed before it wrote its header.
    """

    path: Path
    header: Row
    samples: Iterable[tuple[str, Row]]
    incomplete: bool = False


def log_files(paths: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """Return the logs among files and folders, and the names of JSON files that are none.

    A file that is named is a log or an error; in a folder JSON files of other kinds lie about.

    Raises:
        InputError: a path that is not there or holds no log.
    """
    found: dict[Path, None] = {}
    others: list[str] = []
    for path in paths:
        if not path.exists():
            raise InputError(f"There is no file or folder '{path}'.")
        if not path.is_dir():
            # A pipe may never come to an end, and neither does /dev/zero.
            if not path.is_file():
                raise InputError(f"'{path}' is a device or a pipe; save what it holds as a file.")
            found[path] = None
            continue
        inside = sorted(p for p in path.rglob("*") if p.suffix in SUFFIXES and p.is_file())
        logs = [p for p in inside if p.suffix == ".eval" or _is_log(p)]
        if not logs:
            raise InputError(f"'{path}' holds no Inspect log (*.eval, or *.json with samples).")
        others += [p.name for p in inside if p not in set(logs)]
        found |= dict.fromkeys(logs)
    return list(found), others


def _is_log(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(4096)
    return b'"eval"' in start and b'"version"' in start


def read(path: Path) -> RawLog:
    """Return one log; the file's first bytes, not its name, say which container it is.

    Raises:
        InputError: neither container, or a damaged one.
    """
    with path.open("rb") as file:
        start = file.read(4)
    return _archive(path) if start[:2] == b"PK" or path.suffix == ".eval" else _json(path)


def _archive(path: Path) -> RawLog:
    with Archive(path) as archive:
        header = next((name for name in ("header.json", _START) if name in archive), None)
        if header is None:
            raise InputError(f"{path.name}: a zip archive, but no Inspect log (no header.json).")
        record = parse_object(archive.read(header), f"{path.name}, member {header}")
    known = without_credentials(record)
    return RawLog(path, known, _members(path), incomplete=header == _START)


def _members(path: Path) -> Iterator[tuple[str, Row]]:
    with Archive(path) as archive:
        for name in archive.names():
            if name.startswith("samples/") and _is_sample(name):
                where = f"{path.name}, member {name[:80]}"
                yield where, parse_object(archive.read(name), where)


def _is_sample(name: str) -> bool:
    # A sample's id stands in the name as it is, also with slashes (`HumanEval/0_epoch_1.json`).
    inner = name.removeprefix("samples/")
    plain = inner.endswith(".json") and "/" not in inner
    return plain or inner.endswith("/sample.json") or bool(_NAMED.search(inner))


def _json(path: Path) -> RawLog:
    if path.stat().st_size > LARGEST_MEMBER:
        raise InputError(
            f"{path.name}: {path.stat().st_size:,} bytes, beyond {LARGEST_MEMBER:,} for one JSON "
            "text; convert it with `inspect log convert --to eval`."
        )
    record = parse_object(path.read_bytes(), path.name)
    samples = record.pop("samples", None)
    if samples is not None and not isinstance(samples, list):
        raise InputError(f"{path.name}: 'samples' must be a list, not {type(samples).__name__}.")
    return RawLog(path, without_credentials(record), _listed(samples or [], path.name))


def _listed(samples: list[Any], name: str) -> Iterator[tuple[str, Row]]:
    for place, sample in enumerate(samples, 1):
        where = f"{name}, sample {place}"
        if not isinstance(sample, dict):
            raise InputError(f"{where}: must be an object, not {type(sample).__name__}.")
        yield where, sample
