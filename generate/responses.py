"""The runner: plan what is asked, answer what is missing, keep every batch.

A run that is stopped, killed or starved leaves finished batches in the lake, and the same
command continues with the rest.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from console import Progress, plural, say
from generate import requests
from generate.drain import Drain
from generate.engines.base import Engine, Row
from generate.engines.registry import open_engine
from generate.job import Preview, ResponsesJob, Summary
from warehouse import plan as planning
from warehouse.errors import Interrupted, PartialError

if TYPE_CHECKING:
    from warehouse.lake import Lake
    from warehouse.run import Run

COMMAND = "generate responses"


@dataclass(frozen=True)
class _Work:
    """A job with its engine opened and its requests planned."""

    engine: Engine
    by_reading: dict[str, Row]
    planned: requests.Planned

    @property
    def conditions(self) -> dict[str, Row]:
        """The condition rows by their id."""
        return {row["condition_id"]: row for row in self.by_reading.values()}

    def scope(self, plan: planning.Plan) -> dict[str, Any]:
        """Return the fields of a `Scope`."""
        return {
            "model": self.engine.model["name"],
            "questions": self.planned.questions,
            "skipped": self.planned.skipped,
            "requests": plan.total,
            "cached": plan.cached,
        }


def generate_responses(lake: Lake, job: ResponsesJob) -> Summary:
    """Ask what the lake does not hold yet and return what came of it.

    Raises InputError for names the lake or the registry does not know, BusyError when another
    command asks the same, PartialError when there are new failures, Interrupted after Ctrl-C.
    """
    work = _open(lake, job)
    started = time.monotonic()
    statuses: Counter[str] = Counter()
    with lake.run(COMMAND, _config(job, work.engine), job.study) as run, Drain() as drain:
        run.upsert("models", [work.engine.model])
        run.upsert("conditions", list(work.conditions.values()))
        plan = run.plan(work.planned.requests)
        _narrate(work, plan)
        try:
            _answer(lake, run, work, plan, statuses, drain)
        except KeyboardInterrupt as error:
            raise Interrupted(_how_to_continue(statuses, plan)) from error
        finally:
            run.count(asked=plan.total, cached=plan.cached, **statuses)
        if statuses["failed"]:
            raise PartialError(_failures(lake, run, statuses["failed"]))
    seconds = round(time.monotonic() - started, 3)
    return Summary(**work.scope(plan), statuses=dict(statuses), seconds=seconds)


def preview_responses(lake: Lake, job: ResponsesJob) -> Preview:
    """Return what a job would ask, with exact prompt lengths; nothing is written or loaded."""
    work = _open(lake, job)
    with lake.reader() as con:
        plan = planning.plan(con, lake.ledger, work.planned.requests)
        chunks = requests.filled(con, plan.todo, work.conditions)
        tokens = sum(sum(work.engine.prompt_tokens(chunk)) for chunk in chunks)
    return Preview(**work.scope(plan), prompt_tokens=tokens)


def _open(lake: Lake, job: ResponsesJob) -> _Work:
    engine = open_engine(job.model, job.options)
    by_reading = {reading: engine.condition(reading, job.asking) for reading in job.readings}
    ids = {reading: row["condition_id"] for reading, row in by_reading.items()}
    with lake.reader() as con:
        return _Work(engine, by_reading, requests.planned(con, job, ids))


def _answer(
    lake: Lake,
    run: Run,
    work: _Work,
    plan: planning.Plan,
    statuses: Counter[str],
    drain: Drain,
) -> None:
    with Progress(work.engine.model["name"], plan.todo.num_rows, plan.cached) as progress:
        for rows in _rows(lake, work, plan, drain):
            run.record(rows)
            new = Counter(row["status"] for row in rows)
            statuses.update(new)
            progress.advance(len(rows), new["failed"])
    if drain.asked and statuses.total() < plan.todo.num_rows:
        raise Interrupted(_how_to_continue(statuses, plan))


def _rows(lake: Lake, work: _Work, plan: planning.Plan, drain: Drain) -> Iterator[list[Row]]:
    with lake.reader() as con:
        for chunk in requests.filled(con, plan.todo, work.conditions):
            for rows in work.engine.answer(chunk):
                yield rows
                if drain.asked:
                    return


def _narrate(work: _Work, plan: planning.Plan) -> None:
    name = work.engine.model["name"]
    if work.planned.skipped:
        say(f"Skipping {plural(work.planned.skipped, 'question')} without options.")
    if not plan.todo.num_rows:
        say(f"Nothing to do: all {plural(plan.total, 'answer')} of {name} are in the lake.")


def _how_to_continue(statuses: Counter[str], plan: planning.Plan) -> str:
    return (
        f"Stopped with {statuses.total():,} of {plan.todo.num_rows:,} answers kept. "
        "Run the same command again to continue."
    )


def _failures(lake: Lake, run: Run, failed: int) -> str:
    return (
        f"{plural(failed, 'request')} failed; the other answers are kept. See why: mirrorlake sql "
        f"\"SELECT error, count(*) FROM responses WHERE run_id = '{run.run_id}' AND "
        f"status = 'failed' GROUP BY ALL\" --lake {lake.path}. Run the same command to retry."
    )


def _config(job: ResponsesJob, engine: Engine) -> dict[str, Any]:
    """Return the job for the run's row, the model by its name since a path is no one's business."""
    return {**asdict(job), "model": engine.model["name"]}
