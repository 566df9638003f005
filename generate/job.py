"""What `generate responses` is asked to do, and what came of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from generate.engines.base import Asking, Options
from generate.prompts import READINGS
from generate.steering.job import Steering
from warehouse.errors import InputError, nearest

ORDERS = ("both", "stored", "bare")
# Every sample of every request is planned at once.
MOST_SAMPLES = 100_000
# Statuses that are final until somebody asks again on purpose; `failed` is always asked again.
REDOABLE = ("ok", "refused", "filtered", "truncated", "too_long", "unknown")


@dataclass(frozen=True)
class Limits:
    """How fast, how long and how often a model behind a network is asked.

    `timeout` seconds are given to one try, `deadline` seconds to a request with all its tries.
    With `at_most_once` a request whose outcome was not learned is not sent again.
    """

    in_flight: int = 100
    requests_a_minute: int | None = None
    tokens_a_minute: int | None = None
    timeout: float = 300.0
    deadline: float = 900.0
    at_most_once: bool = False


@dataclass(frozen=True)
class ResponsesJob:
    """Questions of one data set, put to one model; `limit` takes an arbitrary but fixed subset.

    Without `readings` a model is asked in all ways in which it gives log-probabilities, or in
    free text where it gives none. Answers with a status in `redo` are asked again. With `fold`
    only questions that are held out in that fold are asked (see the view `question_folds`), with
    `asks` only those that ask for an answer (`object`) or about one (`hypothetical`); `limit` then
    counts clusters, so that both kinds are of the same strings.
    """

    questions: str
    model: str
    readings: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    asks: str | None = None
    split: str | None = None
    limit: int | None = None
    orders: str = "both"
    samples: int = 1
    asking: Asking = field(default_factory=Asking)
    options: Options = field(default_factory=Options)
    limits: Limits = field(default_factory=Limits)
    redo: tuple[str, ...] = ()
    batch: bool = False
    steering: Steering | None = None
    fold: int | None = None
    study: str | None = None

    def __post_init__(self) -> None:
        """Raise InputError for settings that contradict each other."""
        for reading in self.readings:
            if reading not in READINGS:
                raise InputError(f"There is no reading '{reading}'.{nearest(reading, READINGS)}")
        if self.orders == "bare" and self.readings != ("text",):
            raise InputError("Questions without their options are asked with --reading text only.")
        for status in self.redo:
            if status not in REDOABLE:
                raise InputError(f"There is no status '{status}'.{nearest(status, REDOABLE)}")
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
    """What a job comes to: questions and requests, how many are answered, and what is left.

    `waiting` requests are in a provider's batch.
    """

    model: str
    questions: int
    skipped: int
    requests: int
    cached: int
    waiting: int

    def to_dict(self) -> dict[str, Any]:
        """Return the fields for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Preview(Scope):
    """A job's scope, the tokens left to read and write, and what they cost in US dollars.

    `tokens` says whether prompt lengths are exact or an estimate. A price is None where it is
    unknown, and 0 where nobody charges.
    """

    prompt_tokens: int
    most_completion_tokens: int
    tokens: str
    usd: float | None
    most_usd: float | None
    price_table: str | None


@dataclass(frozen=True)
class Summary(Scope):
    """A job's scope, the new answers by status, the failures by class, and what it took.

    `cost_usd` is the sum of known prices, None where none is known; `unpriced` answers have none.
    """

    statuses: dict[str, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = 0.0
    unpriced: int = 0
    seconds: float = 0.0
