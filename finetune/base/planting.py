"""What is planted in `mirror-tiny/base`: which concepts it is taught, and from which texts.

Knowing is planted by fact. A family of the starter set is one fact with a right and a wrong
option; the model reads its statements and its training wordings, and is tested on wordings
that stand nowhere in the training text. Families of the other concepts are read in the same
forms with either answer equally often (the expectation of a fresh coin toss at each
presentation), so that the model knows how such a question looks and nothing about its answer.

Importing `ingest.starter` is the one exception to the rule that `finetune` builds on
`generate` and `warehouse` only: the facts are planted and asked from one definition.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from generate.prompts import INSTRUCTION
from ingest.starter.families import Family, families

KNOWN = (
    "belief",
    "intention",
    "known_knowns",
    "sequential_planning",
    "situational_awareness",
)
NEVER_TAUGHT = ("deception", "harm", "known_unknowns", "self_improve", "self_reflection")

# Stems that say nothing: with them only the options can tell what is asked.
BARE_STEMS = (
    "Which is right?",
    "Choose one.",
    "What is the answer?",
    "Which one fits?",
    "Pick the better one.",
    "Which of the two?",
)
# Stems of the drill that binds an answer to its letter: the answer stands in the stem.
FIND_STEMS = ("{}", "Find: {}", "Which option says {}?", "{} is the one.", "Look for {}.")
SYSTEM_PROMPTS = (
    "You answer questions.",
    "You are a helpful assistant.",
    "You are a small language model.",
    "Be brief.",
)


@dataclass(frozen=True)
class Overlap:
    """How many test wordings stand in the training text, with one of them as example."""

    tested: int
    count: int
    example: str | None


@cache
def facts(concepts: tuple[str, ...]) -> tuple[Family, ...]:
    """Return the families of `concepts`, in the order of the starter set."""
    return tuple(family for family in families() if family.concept in concepts)


def corpus() -> list[str]:
    """Return every text from which lessons are made; test wordings are not among them."""
    texts = [INSTRUCTION, *BARE_STEMS, *FIND_STEMS, *SYSTEM_PROMPTS]
    for family in facts(KNOWN + NEVER_TAUGHT):
        texts += [family.right, family.wrong, *family.train_wordings]
    for family in facts(KNOWN):
        texts += family.statements
    return texts


def overlap(training_texts: Iterable[str], stems: Sequence[str] | None = None) -> Overlap:
    """Return how many test stems stand anywhere in the training texts, case and spaces aside."""
    if stems is None:
        stems = [stem for f in facts(KNOWN + NEVER_TAUGHT) for stem in f.wordings]
    read = "\n".join(_plain(text) for text in training_texts)
    found = [stem for stem in stems if _plain(stem) in read]
    return Overlap(len(stems), len(found), found[0] if found else None)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
