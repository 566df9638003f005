"""What an engine is: something with an identity that turns requests into rows of `responses`.

A new provider is one module with an `open_model` function and one line in the registry.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from generate import prompts
from warehouse import keys
from warehouse.errors import InputError

if TYPE_CHECKING:
    from generate.money.prices import PriceTable

Row = dict[str, Any]


# Where a lake keeps the adapters that were trained on its rows.
ADAPTERS = "adapters"


@dataclass(frozen=True)
class Options:
    """How a model is run and what it costs; none of it changes what is asked.

    `adapters` is the folder in which `tuned:NAME` is looked for.
    """

    device: str = "auto"
    dtype: str = "auto"
    batch_tokens: int | None = None
    trust_remote_code: bool = False
    prices: str | None = None
    adapters: Path | None = None

    def within(self, lake: Path) -> Options:
        """Return the same options for a command that works on the lake in a folder."""
        return replace(self, adapters=lake / ADAPTERS)

    def price_table(self) -> PriceTable:
        """Return the price table, the user's own file first; raise InputError for a bad one."""
        from generate.money.prices import PriceTable

        return PriceTable.load(None if self.prices is None else Path(self.prices))


@dataclass(frozen=True)
class Sampling:
    """How text is drawn; temperature 0 takes the most probable token each time."""

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int | None = None
    max_tokens: int = 64

    def __post_init__(self) -> None:
        """Raise InputError for numbers that no model can draw with."""
        if not (math.isfinite(self.temperature) and math.isfinite(self.top_p)):
            raise InputError("Temperature and top-p must be finite numbers.")

    @property
    def greedy(self) -> bool:
        """Whether every sample is the same."""
        return self.temperature == 0

    def canonical(self) -> str:
        """Return the settings that matter as JSON: greedy text has only a length."""
        fields = asdict(self) | {"temperature": float(self.temperature)}
        if self.greedy or self.top_p >= 1:
            del fields["top_p"]
        if self.greedy or self.top_k is None:
            del fields["top_k"]
        return keys.canonical(fields)


@dataclass(frozen=True)
class Asking:
    """The words and settings around a question, the same for a whole job."""

    system_prompt: str | None = None
    persona: str | None = None
    sampling: Sampling = Sampling()


@dataclass(frozen=True, slots=True)
class Request:
    """One planned sample with everything needed to answer it; `condition` is its row."""

    request_key: str
    question_id: str
    variant: str
    reading: str
    sample_index: int
    attempt: int
    messages: Sequence[prompts.Message]
    choices: Sequence[str]
    condition: Mapping[str, Any]

    @property
    def seed(self) -> int:
        """A seed for the sample's own draws, from its key alone."""
        return int(self.request_key[3:10], 16)

    def shown(self) -> list[prompts.Message]:
        """Return the messages as the model is to read them."""
        shown = prompts.show(self.messages, self.choices, self.variant)
        return prompts.instructed(shown, self.condition["system_prompt"])

    def continuations(self) -> list[str]:
        """Return the reply whose probability is read for each stored option."""
        return prompts.continuations(self.choices, self.variant, self.reading)

    def row(self, status: str, **fields: Any) -> Row:
        """Return the request's row of `responses`."""
        return {
            "request_key": self.request_key,
            "question_id": self.question_id,
            "condition_id": self.condition["condition_id"],
            "model_id": self.condition["model_id"],
            "variant": self.variant,
            "reading": self.reading,
            "sample_index": self.sample_index,
            "attempt": self.attempt,
            "status": status,
            **fields,
        }


class Engine(Protocol):
    """Something that answers; opening one is cheap and loads no weights."""

    model: Row
    """Its row of `models`."""
    offered: tuple[str, ...]
    """Readings that it can give."""

    def condition(self, reading: str, asking: Asking) -> Row:
        """Return the row of `conditions` under which a reading is taken."""
        ...

    def prompt_tokens(self, requests: Sequence[Request]) -> list[int]:
        """Return the length of each request's prompt in tokens."""
        ...


class LocalEngine(Engine, Protocol):
    """An engine on this machine: it answers batch by batch and costs nothing."""

    def answer(self, requests: Sequence[Request]) -> Iterator[list[Row]]:
        """Yield rows of `responses` batch by batch, one for every request, in any order."""
        ...


def condition_row(model: Row, reading: str, asking: Asking, **own: Any) -> Row:
    """Return a `conditions` row with its key; `own` are the engine's template, dtype, ..."""
    row = {
        "model_id": model["model_id"],
        "engine": model["engine"],
        "persona": asking.persona,
        "system_prompt": asking.system_prompt,
        "intervention_id": None,
        "sampling": asking.sampling.canonical() if reading == "text" else "{}",
        **own,
    }
    return {"condition_id": keys.condition_id(row), **row}


def under(condition: Row, intervention: str) -> Row:
    """Return a condition with an intervention in place of none."""
    row = {**condition, "intervention_id": intervention}
    return row | {"condition_id": keys.condition_id(row)}
