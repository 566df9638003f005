"""What a power cut may leave: only what was flushed is sure to be there.

A model of a file system that keeps its promises and nothing more. The bytes of a file are
sure once the file was flushed; a name in a folder (a new file, a rename, a removal, a new
folder) is sure once the folder was flushed. Anything later may have reached the disk or not,
each change by itself and in any order. SQLite and DuckDB flush their own files: the ledger
stands as of its last commit, and the file of views is whole under its temporary name.
"""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.warehouse.faults import Step
from warehouse.lake import LEDGER


@dataclass
class _File:
    """A file's sure bytes, and how to read those it has now."""

    place: Path
    sure: bytes = b""


class Power:
    """Follows the steps of a shim and can lay out what a power cut at this moment leaves."""

    def __init__(self, folder: Path) -> None:
        """Follow an empty folder that is itself on disk."""
        self.folder = folder.absolute()
        self.now: dict[Path, _File | None] = {self.folder: None}
        self.sure: dict[Path, _File | None] = {self.folder: None}

    def after(self, step: Step) -> None:
        """Take a finished step into account."""
        match step.kind:
            case "create" | "views":
                self.now[step.path] = _File(step.path)
            case "mkdir":
                self.now[step.path] = None
            case "unlink" | "remove":
                self.now.pop(step.path, None)
            case "rename":
                self._rename(step.path, step.target)
            case "commit" | "vacuum":
                self.now.setdefault(step.path, _File(step.path))
            case "fsync" if step.path.is_dir():
                self._flush_folder(step.path)
        if step.kind in {"fsync", "views"} and isinstance(file := self.now.get(step.path), _File):
            file.sure = step.path.read_bytes()

    def _rename(self, old: Path, new: Path | None) -> None:
        assert new is not None
        file = self.now.pop(old)
        assert file is not None
        file.place = new
        self.now[new] = file

    def _flush_folder(self, folder: Path) -> None:
        for path in {p for p in (*self.now, *self.sure) if p.parent == folder}:
            if path in self.now:
                self.sure[path] = self.now[path]
            else:
                del self.sure[path]

    def lay_out(self, target: Path, chance: random.Random | None) -> None:
        """Write into `target` what is left: only what is sure, or more where `chance` says so."""
        paths = sorted({*self.now, *self.sure})
        kept = self._kept(paths, chance)
        for path in paths:
            if path not in kept or not _reachable(path, kept, self.folder):
                continue
            to = target / path.relative_to(self.folder)
            file = kept[path]
            if file is None:
                to.mkdir(parents=True, exist_ok=True)
            else:
                to.parent.mkdir(parents=True, exist_ok=True)
                self._write(path, file, to, chance)

    def _kept(self, paths: list[Path], chance: random.Random | None) -> dict[Path, _File | None]:
        kept = {}
        for path in paths:
            state = self.now if chance and chance.random() < 0.5 else self.sure
            if path in state:
                kept[path] = state[path]
        return kept

    def _write(self, path: Path, file: _File, to: Path, chance: random.Random | None) -> None:
        if path.name.startswith(LEDGER):
            for suffix in ("", "-wal"):
                part = file.place.with_name(file.place.name + suffix)
                if part.exists():
                    shutil.copy(part, f"{to}{suffix}")
            return
        data = file.sure
        if chance and chance.random() < 0.5 and self.now.get(file.place) is file:
            whole = file.place.read_bytes()
            data = whole[: chance.randrange(len(whole) + 1)] if data != whole else whole
        to.write_bytes(data)


def _reachable(path: Path, kept: dict[Path, _File | None], root: Path) -> bool:
    """Return whether every folder between the root and a path is itself still there."""
    above = [parent for parent in path.parents if parent.is_relative_to(root)]
    return all(parent in kept for parent in above)
