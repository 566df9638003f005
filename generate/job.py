"""What `generate responses` is asked to do, and what came of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from generate.engines.base import Asking, Options
from generate.prompts import READINGS
from warehouse.errors import InputError, nearest

ORDERS = ("both", "stored")
# Every sample of every request is planned at once.
MOST_SAMPLES = 100_000


@dataclass(frozen=True)
class ResponsesJob:
    """Questions of one data set, put to one model; `limit` takes an arbitrary but fixed subset."""

    questions: str
    model: str
    readings: tuple[str, ...] = ("letter", "cloze")
    concepts: tuple[str, ...] = ()
    split: str | None = None
    limit: int | None = None
    orders: str = "both"
    samples: int = 1
    asking: Asking = field(default_factory=Asking)
    options: Options = field(default_factory=Options)
    study: str | None = None

    def __post_init__(self) -> None:
        """Raise InputError for settings that contradict each other."""
        for reading in self.readings:
            if reading not in READINGS:
                raise InputError(f"There is no reading '{reading}'.{nearest(reading, READINGS)}")
        if self.samples > MOST_SAMPLES:
            raise InputError(f"{self.samples:,} samples a request; at most {MOST_SAMPLES:,}.")
        if self.samples > 1 and "text" not in self.readings:
            raise InputError(
                "Log-probabilities have no samples. Add --reading text or leave --samples out."
            )
        if self.samples > 1 and self.asking.sampling.greedy:
            raise InputError(
                "At temperature 0 all samples are the same. "
                "Set --temperature above 0 or leave --samples out."
            )
        if self.asking.persona and not self.asking.system_prompt:
            raise InputError("A persona is a named system prompt. Add --system-prompt TEXT.")


@dataclass(frozen=True)
class Scope:
    """What a job comes to: questions and requests, how many are answered, and what is left."""

    model: str
    questions: int
    skipped: int
    requests: int
    cached: int

    def to_dict(self) -> dict[str, Any]:
        """Return the fields for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Preview(Scope):
    """A job's scope and the length of the prompts left, in tokens."""

    prompt_tokens: int


@dataclass(frozen=True)
class Summary(Scope):
    """A job's scope and the new answers by status."""

    statuses: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
