"""The runner of `generate predict`: what a model answers, and what models say it would answer.

Both are ordinary free-text answers: of the target to object questions, of the predictors to
the hypothetical questions about them. So nothing is asked twice, whoever asked it before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from generate.engines.base import Asking, Options
from generate.job import Limits, ResponsesJob, Summary
from generate.remote.purse import Purse
from generate.responses import generate_all

if TYPE_CHECKING:
    from warehouse.lake import Lake


@dataclass(frozen=True)
class PredictionJob:
    """Who predicts whose answers to which questions; `limit` counts strings.

    `properties` are the concepts of the hypothetical questions; all where there are none.
    """

    questions: str
    target: str
    predictors: tuple[str, ...]
    properties: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    split: str | None = None
    limit: int | None = None
    samples: int = 1
    asking: Asking = field(default_factory=Asking)
    options: Options = field(default_factory=Options)
    limits: Limits = field(default_factory=Limits)
    batch: bool = False
    study: str | None = None

    def jobs(self) -> list[ResponsesJob]:
        """Return the target's answers and every predictor's predictions as jobs."""
        about = ResponsesJob(
            questions=self.questions,
            model=self.target,
            readings=("text",),
            concepts=self.properties,
            tasks=self.tasks,
            asks="object",
            split=self.split,
            limit=self.limit,
            orders="bare",
            samples=self.samples,
            asking=self.asking,
            options=self.options,
            limits=self.limits,
            batch=self.batch,
            study=self.study,
        )
        predictors = dict.fromkeys(self.predictors)
        return [about, *(replace(about, model=m, asks="hypothetical") for m in predictors)]


def generate_predictions(
    lake: Lake,
    jobs: Sequence[PredictionJob],
    purse: Purse | None = None,
    told: Callable[[Summary], object] = lambda summary: None,
) -> None:
    """Ask all targets and predictors what the lake does not hold yet; raise as `generate_all`."""
    asked = dict.fromkeys(part for job in jobs for part in job.jobs())
    generate_all(lake, list(asked), purse, told)
