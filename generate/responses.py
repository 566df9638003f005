"""The runner: plan what is asked, answer what is missing, keep every answer.

A run that is stopped, killed or starved leaves finished answers in the lake, and the same
command continues with the rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console import plural, say
from generate import requests, selection
from generate.drain import Drain
from generate.engines.base import Engine, LocalEngine, Request, Row, under
from generate.engines.registry import open_engine, registered
from generate.job import ResponsesJob, Summary
from generate.progress import Answering
from generate.remote.provider import Provider
from generate.remote.purse import Purse
from warehouse import plan as planning
from warehouse.errors import InputError, Interrupted, PartialError

if TYPE_CHECKING:
    from generate.steering.plan import Steered
    from warehouse.lake import Lake
    from warehouse.run import Run

COMMAND = "generate responses"


@dataclass(frozen=True)
class Work:
    """A job with its engine opened and its requests planned.

    `asked` are its readings, each with the row of the condition under which it is taken.
    """

    job: ResponsesJob
    engine: Engine
    asked: list[tuple[str, Row]]
    planned: requests.Planned
    steered: Steered | None = None

    @property
    def conditions(self) -> dict[str, Row]:
        """The condition rows by their id."""
        return {row["condition_id"]: row for _, row in self.asked}

    def scope(self, plan: planning.Plan) -> dict[str, Any]:
        """Return the fields of a `Scope`."""
        return {
            "model": self.engine.model["name"],
            "questions": self.planned.questions,
            "skipped": self.planned.skipped,
            "requests": plan.total,
            "cached": plan.cached,
            "waiting": plan.waiting,
        }

    def chunks(self, lake: Lake, plan: planning.Plan) -> Iterator[list[Request]]:
        """Return an iterator over the requests that are left, with their questions."""
        return requests.filled(lake, plan, self.conditions)


def generate_all(
    lake: Lake,
    jobs: Sequence[ResponsesJob],
    purse: Purse | None = None,
    told: Callable[[Summary], object] = lambda summary: None,
) -> None:
    """Do several jobs with one purse; failures of one do not keep the others from being asked.

    `told` hears of every job what came of it, however it ended. Raises as
    `generate_responses`, PartialError only after the last job.
    """
    failed: PartialError | None = None
    for job in jobs:
        try:
            generate_responses(lake, job, purse, told)
        except PartialError as error:
            failed = failed or error
    if failed:
        raise failed


def generate_responses(
    lake: Lake,
    job: ResponsesJob,
    purse: Purse | None = None,
    told: Callable[[Summary], object] = lambda summary: None,
) -> Summary:
    """Ask what the lake does not hold yet and return what came of it, telling `told` as well.

    Raises InputError for names the lake or the registry does not know, BusyError when another
    command asks the same, PartialError when there are new failures, ProviderError when none
    can succeed, BudgetError when the purse is empty, Interrupted after Ctrl-C.
    """
    purse = purse or Purse()
    work = open_work(lake, job)
    _require_payable(work.engine, purse)
    started = time.monotonic()
    with lake.run(COMMAND, _config(work), job.study) as run, Drain() as drain:
        run.upsert("models", [registered(lake, work.engine.model)])
        if work.steered:
            run.append("directions", [direction.row for direction in work.steered.drawn])
            run.upsert("interventions", work.steered.edits)
        run.upsert("conditions", list(work.conditions.values()))
        plan = run.plan(work.planned.requests, job.redo)
        _narrate(work, plan)
        name = work.engine.model["name"]
        total = plan.left + (plan.waiting if job.batch else 0)
        progress = Answering(name, total, plan.cached, purse)
        try:
            with progress:
                _answer(lake, run, work, plan, progress, drain)
        except KeyboardInterrupt as error:
            raise Interrupted(_how_to_continue(progress, job)) from error
        finally:
            run.count(asked=plan.total, cached=plan.cached, **progress.statuses)
            summary = _summary(work, plan, progress, time.monotonic() - started)
            told(summary)
        if drain.asked and progress.done < total:
            raise Interrupted(_how_to_continue(progress, job))
        if progress.unpriced:
            say(_unpriced(work.engine, progress.unpriced))
        if progress.failed:
            raise PartialError(_failures(lake, run, progress.failed))
        if unknown := progress.statuses["unknown"]:
            raise PartialError(
                f"Of {plural(unknown, 'request')} the outcome was not learned; they may have been "
                "paid for and are asked again only with --redo unknown."
            )
    return summary


def open_work(lake: Lake, job: ResponsesJob) -> Work:
    """Return a job with its engine opened and its requests planned; nothing is written."""
    engine = open_engine(job.model, job.options.within(lake.path))
    if job.batch and not isinstance(engine, Provider):
        raise InputError(f"{engine.model['name']} takes no batches. Leave out --batch.")
    scored = tuple(reading for reading in engine.offered if reading != "text")
    readings = job.readings or scored or engine.offered
    asked = [(reading, engine.condition(reading, job.asking)) for reading in readings]
    steered = _steered(lake, job, engine)
    if steered:
        # The unsteered answer is dose 0, and belongs to every curve.
        asked += [
            (reading, under(row, intervention))
            for reading, row in asked
            for intervention in steered.interventions
        ]
    ids = [(reading, row["condition_id"]) for reading, row in asked]
    with lake.reader(selection.READS) as con:
        return Work(job, engine, asked, requests.planned(con, job, ids), steered)


def _steered(lake: Lake, job: ResponsesJob, engine: object) -> Steered | None:
    """Return the interventions of a job, which its engine then knows; None without any."""
    if job.steering is None:
        return None
    from generate.engines.local.engine import LocalEngine as Transformers
    from generate.steering.plan import planned

    if type(engine) is not Transformers:
        raise InputError(
            f"{job.model} cannot be steered: only models that transformers runs here "
            "can. Leave --intervene out."
        )
    steered = planned(lake, engine.model, job.steering)
    engine.interventions = steered.interventions
    return steered


def _answer(
    lake: Lake, run: Run, work: Work, plan: planning.Plan, progress: Answering, drain: Drain
) -> None:
    chunks = work.chunks(lake, plan)
    if isinstance(work.engine, Provider):
        _ask_provider(run, work.job, work.engine, chunks, progress, drain)
        return
    engine: LocalEngine = work.engine  # type: ignore[assignment]
    for chunk in chunks:
        for rows in engine.answer(chunk):
            run.record(rows)
            progress.answered(rows)
            if drain.asked:
                return


def _ask_provider(
    run: Run,
    job: ResponsesJob,
    provider: Provider,
    chunks: Iterator[list[Request]],
    progress: Answering,
    drain: Drain,
) -> None:
    if job.batch:
        from generate.batches.filling import fill

        fill(run, provider, chunks, progress, drain)
        return
    from generate.remote.sender import Sender

    sender = Sender(
        provider=provider,
        run=run,
        limits=job.limits,
        purse=progress.purse,
        stopping=lambda: drain.asked,
        told=lambda row: progress.answered([row]),
        tick=progress.tick,
    )
    progress.in_flight = lambda: sender.pace.in_flight
    sender.send(chunks)


def _require_payable(engine: Engine, purse: Purse) -> None:
    """Raise InputError where a key is missing, or the price that a budget needs."""
    if isinstance(engine, Provider):
        engine.address.key()
    priced = not isinstance(engine, Provider) or engine.free or engine.price() is not None
    if purse.limit is not None and not priced:
        raise InputError(
            f"The price of {engine.model['name']} is not known, so no budget can be kept. "
            f"Name it in a file of your own with --prices FILE, or leave {purse.of} out."
        )


def _narrate(work: Work, plan: planning.Plan) -> None:
    name = work.engine.model["name"]
    if work.planned.skipped:
        say(f"Skipping {plural(work.planned.skipped, 'question')} without options.")
    if plan.waiting and not work.job.batch:
        say(
            f"{plural(plan.waiting, 'request')} of {name} wait in batches: "
            "mirrorlake generate batches --collect"
        )
    elif not (plan.left or plan.waiting):
        say(f"Nothing to do: all {plural(plan.total, 'answer')} of {name} are in the lake.")


def _how_to_continue(progress: Answering, job: ResponsesJob) -> str:
    again = "; with --redo it begins with all of them again." if job.redo else "."
    return (
        f"Stopped with {progress.done:,} of {progress.total:,} answers kept. "
        f"Run the same command again to continue{again}"
    )


def _unpriced(engine: Engine, count: int) -> str:
    return (
        f"Warning: the price of {plural(count, 'answer')} of {engine.model['name']} is not known "
        "and stands as NULL, not as 0. Name it with --prices FILE."
    )


def _failures(lake: Lake, run: Run, failed: int) -> str:
    return (
        f"{plural(failed, 'request')} failed; the other answers are kept. See why: mirrorlake sql "
        f"\"SELECT error, count(*) FROM responses WHERE run_id = '{run.run_id}' AND "
        f"status = 'failed' GROUP BY ALL\" --lake {lake.path}. Run the same command to retry."
    )


def _summary(work: Work, plan: planning.Plan, progress: Answering, seconds: float) -> Summary:
    return Summary(
        **work.scope(plan),
        statuses=dict(progress.statuses),
        failures=dict(progress.failures),
        prompt_tokens=progress.prompt_tokens,
        completion_tokens=progress.completion_tokens,
        cost_usd=progress.cost_usd if progress.cost_usd or not progress.unpriced else None,
        unpriced=progress.unpriced,
        seconds=round(seconds, 3),
    )


def _config(work: Work) -> dict[str, Any]:
    """Return the job for the run's row; paths stand by their names, being no one's business."""
    found = {**asdict(work.job), "model": work.engine.model["name"]}
    if work.job.options.prices:
        found["options"]["prices"] = Path(work.job.options.prices).name
    return {**found, "readings": list(dict.fromkeys(reading for reading, _ in work.asked))}
