"""The corpus: case number N is always the same file, the same command and the same options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.hostile import mutate
from tests.hostile.seeds import SEEDS, Seed

FILES = 2000
# An argument cannot hold a NUL, and no shell passes a megabyte.
_ARGUMENTS = [
    text for text in (*mutate.TEXTS, *mutate.NAMES) if "\0" not in text and len(text) < 999
]


@dataclass(frozen=True)
class Case:
    """A mutated file and how it is given to the command."""

    number: int
    what: str
    command: tuple[str, ...]
    file: Path
    options: tuple[str, ...]

    def arguments(self, lake: Path, out: Path) -> list[str]:
        """Return the words after `mirrorlake`."""
        extra = ("--out", str(out)) if self.command == ("run",) else ()
        words = [*self.command, "--lake", str(lake), *self.options, *extra]
        return [*words, "--", str(self.file)]


def write_case(number: int, place: Path) -> Case:
    """Write the file of a case into an empty folder and return the case."""
    rng = Random(f"hostile/{number}")
    seed = SEEDS[number % len(SEEDS)]
    what = rng.choices(("bytes", "tree", "types", "place", "name", "options"),
                       (45, 40, 6, 3, 3, 3))[0]  # fmt: skip
    file = place / f"{seed.stem}{seed.suffix}"
    for name, data in seed.beside.items():
        (place / name).write_bytes(data)
    options = _options(rng, seed) if what == "options" else ()
    if what == "place":
        rng.choice(mutate.PLACES)(rng, file, seed.data)
        return Case(number, what, seed.command, file, options)
    if what == "name":
        file = place / (rng.choice(mutate.FILE_NAMES) + rng.choice((seed.suffix, *mutate.SUFFIXES)))
    file.write_bytes(_content(rng, seed, what))
    return Case(number, what, seed.command, file, options)


def _content(rng: Random, seed: Seed, what: str) -> bytes:
    if what == "types" and seed.suffix == ".parquet":
        return mutate.odd_types(rng, seed.tree)
    if what == "types" and seed.suffix == ".eval":
        return mutate.odd_archive(rng, seed.tree)
    if what in ("tree", "types"):
        return mutate.mutated_tree(rng, seed.tree, seed.encode)
    data = seed.data
    if what != "bytes":
        return data
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        data = rng.choice(mutate.BYTES)(rng, data) or b"\n"
    return data


def _options(rng: Random, seed: Seed) -> tuple[str, ...]:
    chosen: Sequence[str] = rng.sample(seed.options, min(2, len(seed.options)))
    words: list[str] = []
    for option in chosen:
        text = rng.choice(_ARGUMENTS)
        words.append(f"{option}={text}={rng.choice(_ARGUMENTS)}" if option == "--map"
                     else f"{option}={text}")  # fmt: skip
    return tuple(words)
