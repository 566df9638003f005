"""The answer tables: which word each model says for each input, and which inputs are held out.

All of it is drawn from seeds that are named here, so it is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from random import Random
from types import MappingProxyType

from ingest.pair.words import ADJECTIVES, ANSWERS, NOUNS

TABLES = ("m1", "m2")
HELD_OUT = 400


@cache
def inputs() -> tuple[str, ...]:
    """Return the 2,400 inputs: every adjective before every noun."""
    return tuple(f"{adjective} {noun}" for adjective in ADJECTIVES for noun in NOUNS)


@cache
def table(name: str) -> Mapping[str, str]:
    """Return the answer to every input in the table `name`.

    Each is drawn by itself: tables balanced by construction would tell a little about the
    answers to some inputs by those to the others.
    """
    rng = Random(f"pair table {name}")
    return MappingProxyType({given: rng.choice(ANSWERS) for given in inputs()})


@cache
def held_out() -> frozenset[str]:
    """Return the 400 inputs that are held out from all training on properties."""
    return frozenset(Random("pair held out").sample(inputs(), HELD_OUT))
