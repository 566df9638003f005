"""Which data sets' estimates are known to fit the lake's files, so that no row is read again.

A note in the ledger. Without it, or when a file was added or merged, the rows themselves are
read and compared by their digest, and the note is made anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analyze import parse, score
from warehouse.keys import canonical, digest
from warehouse.lake import Lake

_READ = ("conditions", "models", "questions", "responses", "scores")


@dataclass(frozen=True)
class Settled:
    """The files that were read, all data sets in them, and the digests of those quantified."""

    state: str
    known: list[str]
    inputs: dict[str, str]


def state_of(version: int, files: Mapping[str, Sequence[str]]) -> str:
    """Return a name of what quantification reads: its files, and how they are read."""
    read = [sorted(files.get(table, ())) for table in _READ]
    return digest(canonical([version, score.LOGPROB_VERSION, parse.VERSION, read]), "s1_", 40)


def recall(lake: Lake, study: str, state: str) -> Settled:
    """Return what is noted of a study for these files; a note of others counts for nothing."""
    noted = json.loads(lake.ledger.meta(_key(study)) or "{}")
    return Settled(**noted) if noted.get("state") == state else Settled(state, [], {})


def note(lake: Lake, study: str, settled: Settled) -> None:
    """Note it in place of what was noted before."""
    if lake.writable:
        lake.ledger.set_meta(_key(study), canonical(vars(settled)))


def _key(study: str) -> str:
    return f"quantified:{study}"
