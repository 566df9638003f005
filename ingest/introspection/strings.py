"""The strings of a task, from the clone's JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ingest.introspection.taskset import Given
from ingest.tables import read_bytes, records, sha256
from warehouse.errors import InputError


class NoStringsError(InputError):
    """A task whose strings are not in the clone: a clone may be partial."""


def read_strings(root: Path, located: str, limit: int | None) -> tuple[Given, ...]:
    """Return the strings of both splits, training strings first; of `all` where neither is there.

    Args:
        root: the clone.
        located: path within it, with `{set}` where `train`, `val` or `all` goes.
        limit: the largest number of different strings of a split.

    Raises:
        NoStringsError: no file of the task.
        InputError: a row without a string.
    """
    for splits in (("train", "val"), ("all",)):
        found = [given for split in splits for given in _of(root, located, split, limit)]
        if found:
            return tuple(found)
    raise NoStringsError(f"its strings, {located.format(set='train')}, are not in the clone.")


def _of(root: Path, located: str, split: str, limit: int | None) -> Sequence[Given]:
    name = located.format(set=split)
    file = root / name
    if not file.resolve().is_relative_to(root.resolve()):
        raise InputError(f"its dataset_path {name} lies outside the clone.")
    if not file.is_file():
        return []
    data = read_bytes(file)
    rows = list(_strings(records(data, name), name, split, sha256(data)))
    if limit is None:
        return rows
    kept = set(list(dict.fromkeys(given.text for given in rows))[:limit])
    return [given for given in rows if given.text in kept]


def _strings(rows: Sequence[dict[str, Any]], name: str, split: str, digest: str) -> Iterator[Given]:
    for number, row in enumerate(rows, 1):
        text, target = row.get("string"), row.get("target")
        if not isinstance(text, str) or not text.strip() or "\0" in text:
            raise InputError(f"{name}, row {number}: 'string' must hold a text, without NUL.")
        more = {key: row[key] for key in row if key not in ("string", "target")}
        # JSON has no NaN, though Python reads one.
        plain = json.loads(json.dumps(more), parse_constant=str)
        yield Given(
            text,
            split,
            None if target is None else str(target),
            plain or None,
            name,
            number,
            digest,
        )
