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
    step.__name__: step for step in (plan, claim, replan, score, record, seal)
}

if __name__ == "__main__":
    STEPS[sys.argv[1]](open_lake(Path(sys.argv[2])), int(sys.argv[3]))
