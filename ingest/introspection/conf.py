"""The clone's YAML files: what of them can be used, and why the others cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml

from ingest.introspection.strings import NoStringsError
from ingest.tables import decode, read_bytes
from warehouse.errors import InputError

CONF = Path("evals/conf")

T = TypeVar("T")


def yaml_files(root: Path, group: str) -> dict[str, Path]:
    """Return the files of a group of the configuration, by name.

    A file inside a folder goes by its own name too, unless a file before it has that name.
    """
    folder = root / CONF / group
    files = sorted(folder.rglob("*.yaml"), key=lambda path: (len(path.parts), path))
    named: dict[str, Path] = {}
    for path in files:
        full = ".".join(path.relative_to(folder).with_suffix("").parts)
        named.setdefault(path.stem if path.stem not in named else full, path)
    return dict(sorted(named.items()))


def mapping(file: Path, root: Path) -> dict[str, Any]:
    """Return what a file says; raise InputError where it is no YAML with names and values."""
    short = short_name(file, root)
    try:
        found = yaml.safe_load(decode(read_bytes(file), short))
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark else ""
        raise InputError(f"{short}: this is no valid YAML{line}.") from error
    if not isinstance(found, dict):
        raise InputError(f"{short}: names with values are needed.")
    return found


def short_name(file: Path, root: Path) -> str:
    """Return a file's path within the clone."""
    return file.relative_to(root).as_posix()


def usable(
    files: Mapping[str, Path],
    read: Callable[[str, Path], T],
    root: Path,
    skipped: dict[str, str],
    narrate: Callable[[str], None],
) -> Iterator[tuple[str, T]]:
    """Return what could be read, by name; note in `skipped` which files are damaged.

    A task without strings is only narrated: a clone may be partial.
    """
    for name, path in files.items():
        short = short_name(path, root)
        try:
            yield name, read(name, path)
        except InputError as error:
            reason = str(error).removeprefix(f"{short}: ")
            narrate(f"{short} is left out: {reason}")
            if not isinstance(error, NoStringsError):
                skipped[short] = reason
