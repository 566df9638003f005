"""Questions as token ids: each prompt with the replies that are appended to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generate.capture.job import ActivationsJob
from generate.engines.base import Request

if TYPE_CHECKING:
    from generate.engines.local.encoding import Encoder
    from generate.prompts import Message


@dataclass(frozen=True)
class Prompt:
    """A prompt's ids, and the variant and ids of each reply to be appended."""

    question_id: str
    variant: str
    ids: list[int]
    replies: list[tuple[str, list[int]]]

    @property
    def longest(self) -> int:
        """Tokens of the prompt with its longest reply."""
        return len(self.ids) + max((len(ids) for _, ids in self.replies), default=0)


@dataclass(frozen=True)
class Asked:
    """A question as it is stored."""

    question_id: str
    messages: Sequence[Message]
    choices: Sequence[str]


def encode(
    encoder: Encoder, job: ActivationsJob, condition: Mapping[str, Any], asked: Iterable[Asked]
) -> Iterator[Prompt]:
    """Yield the prompts of questions, with replies where the job reads the appended choice."""
    requests = [
        _request(job, condition, question, variant)
        for question in asked
        for variant in job.prompt_variants(len(question.choices))
    ]
    for one in encoder.encode(requests):
        names = job.replied(one.request.variant, len(one.request.choices))
        appended = zip(names, one.continuations, strict=True) if "choice" in job.positions else ()
        yield Prompt(one.request.question_id, one.request.variant, one.prompt, list(appended))


def _request(
    job: ActivationsJob, condition: Mapping[str, Any], asked: Asked, variant: str
) -> Request:
    return Request(
        request_key="",
        question_id=asked.question_id,
        variant=variant,
        reading=job.reading,
        sample_index=0,
        attempt=1,
        messages=asked.messages,
        choices=asked.choices,
        condition=condition,
    )
