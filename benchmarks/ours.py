"""Steps of the main job that no command runs alone: `python -m benchmarks.ours STEP LAKE [ROWS]`.

Each prints the seconds of the step itself; what it needs is made before the clock starts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from analyze.score import unscored
from benchmarks import synthetic
from benchmarks.timing import timed
from generate.engines.base import Asking, Sampling
from generate.engines.local.engine import LocalEngine
from generate.job import ResponsesJob
from generate.responses import generate_responses, open_work
from warehouse import plan as planning
from warehouse.lake import Lake, open_lake


def plan(lake: Lake, rows: int) -> None:
    """Plan requests that the lake has not answered, without claiming them."""
    requests = synthetic.new_requests(lake, rows)
    with timed(), lake.reader() as con:
        planning.plan(con, lake.ledger, requests)


def claim(lake: Lake, rows: int) -> None:
    """Plan and claim requests that the lake has not answered."""
    requests = synthetic.new_requests(lake, rows)
    with lake.run("benchmark") as run, timed():
        run.plan(requests)


def replan(lake: Lake, rows: int) -> None:
    """Plan requests that the lake has all answered."""
    requests = synthetic.finished_requests(lake, rows)
    with lake.run("benchmark") as run, timed():
        run.plan(requests)


def job(rows: int) -> ResponsesJob:
    """Return a job of `rows` requests: five samples of free text in both orders."""
    return ResponsesJob(
        questions="synthetic",
        model="mirror-tiny/base",
        readings=("text",),
        samples=5,
        limit=rows // 10,
        asking=Asking(sampling=Sampling(temperature=1.0)),
    )


def finish(lake: Lake, rows: int) -> None:
    """Let the lake hold all answers of a job, as if its model had given them."""
    work = open_work(lake, job(rows))
    synthetic.answer_all(lake, work.planned.requests, work.engine.model["model_id"])


def again(lake: Lake, rows: int) -> None:
    """Do a job that is finished; fail if it calls its model."""

    def called(*_: object) -> None:
        raise RuntimeError("the model was called")

    LocalEngine.answer = called
    with timed():
        summary = generate_responses(lake, job(rows))
    assert summary.cached == summary.requests == rows


def whole(lake: Lake, rows: int) -> None:
    """Plan a job that nobody has begun, claim it and go through its requests, unanswered."""
    with timed():
        work = open_work(lake, job(rows))
        with lake.run("benchmark") as run:
            plan = run.plan(work.planned.requests)
            assert sum(map(len, work.chunks(lake, plan))) == rows


def score(lake: Lake, rows: int) -> None:
    """Score every response and seal the scores."""
    with timed(), lake.run("benchmark") as run, lake.reader() as con:
        for batch in unscored(con):
            run.append("scores", pa.Table.from_batches([batch]))


def record(lake: Lake, rows: int) -> None:
    """Record answers in durable batches of 256, as a local engine gives them."""
    answers = synthetic.answers(lake, rows)
    with lake.run("benchmark") as run, timed():
        for start in range(0, rows, 256):
            run.lake.ledger.requests.record(run.run_id, answers[start : start + 256])


def seal(lake: Lake, rows: int) -> None:
    """Seal recorded answers into segments and publish them."""
    answers = synthetic.answers(lake, rows)
    with lake.run("benchmark") as run:
        for start in range(0, rows, 10_000):
            run.lake.ledger.requests.record(run.run_id, answers[start : start + 10_000])
        with timed():
            run.seal()


STEPS: dict[str, Callable[[Lake, int], None]] = {
    step.__name__: step for step in (plan, claim, replan, finish, again, whole, score, record, seal)
}

if __name__ == "__main__":
    STEPS[sys.argv[1]](open_lake(Path(sys.argv[2])), int(sys.argv[3]))
