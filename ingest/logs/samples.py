"""What every tool's log becomes before it becomes rows: logs, their samples, their scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.questions import Source
from warehouse.keys import canonical, condition_id, model_id

Row = dict[str, Any]


@dataclass(slots=True)
class Score:
    """One scorer's word on one answer; `value` is None where it is no number."""

    scorer: str
    value: float | None
    label: str | None
    reason: str | None
    detail: Row


@dataclass(slots=True)
class Sample:
    """One answer with its question.

    `item` is the tool's own name of the question, `repeat` the 0-based number of the answer to
    it, `place` the 1-based place in the log; `about` belongs to the question, `metadata` to the
    answer.
    """

    item: str
    repeat: int
    place: int
    messages: list[dict[str, str]]
    choices: list[str]
    answer: str | None
    about: Row
    group: str | None
    group_kind: str
    reading: str
    variant: str
    status: str
    error: str | None
    text: str | None
    choice_logprobs: list[float] | None
    finish_reason: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cost_usd: float | None
    served_model: str | None
    metadata: Row
    scores: list[Score]


@dataclass(frozen=True)
class Log:
    """One log: who was asked what and how, and every answer.

    `header` is what the tool says of the run, `not_kept` counts samples by what of them stays
    in the log only, `notes` are sentences about the log itself.
    """

    source: Source
    task: str
    split: str
    model: Row
    condition: Row
    header: Row
    samples: Sequence[Sample]
    not_kept: Counter[str] = field(default_factory=Counter)
    notes: Sequence[str] = ()


def model_row(name: str, card: Mapping[str, Any], **identity: str | None) -> Row:
    """Return a row of `models` for a model that another tool asked."""
    row = {"name": name, "engine": "imported", "base": name, **identity}
    return {"model_id": model_id(row), **row, "card": canonical(dict(card))}


def condition_row(model: Row, template: str, sampling: Mapping[str, Any], **more: Any) -> Row:
    """Return a row of `conditions`; `template` names how the tool put its questions."""
    row = {
        "model_id": model["model_id"],
        "engine": "imported",
        "template": template,
        "sampling": canonical(dict(sampling)),
        **more,
    }
    return {"condition_id": condition_id(row), **row}
