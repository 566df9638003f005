"""The ten concepts, one module each, in the order of the paper."""

from __future__ import annotations

from ingest.starter.concepts import (
    belief,
    deception,
    harm,
    intention,
    known_knowns,
    known_unknowns,
    self_improve,
    self_reflection,
    sequential_planning,
    situational_awareness,
)
from ingest.starter.frames import Concept

CONCEPTS: tuple[Concept, ...] = (
    situational_awareness.CONCEPT,
    sequential_planning.CONCEPT,
    belief.CONCEPT,
    intention.CONCEPT,
    self_reflection.CONCEPT,
    self_improve.CONCEPT,
    deception.CONCEPT,
    known_knowns.CONCEPT,
    known_unknowns.CONCEPT,
    harm.CONCEPT,
)
