"""Planning against every state a request can be in, in one range of keys and in many."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from itertools import cycle, product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.samples import answer, condition, question, requests
from warehouse import plan as planning
from warehouse.errors import BusyError
from warehouse.grid import REQUEST_COLUMNS, Grid
from warehouse.lake import Lake, open_lake
from warehouse.plan import Plan
from warehouse.run import Run

ROOT = Path(__file__).resolve().parents[2]

# What became of a request before: sealed responses, responses, tries and state in the ledger.
# Each is (status or outcome, attempt); what is expected is the next attempt, 0 for none.
STORIES: dict[str, tuple[dict[str, Any], int]] = {
    "never asked": ({}, 1),
    "answered": ({"sealed": [("ok", 1)]}, 0),
    "failed": ({"sealed": [("failed", 1)]}, 2),
    "failed, then answered": ({"sealed": [("failed", 1), ("truncated", 2)]}, 0),
    "answered, redone and failed": ({"sealed": [("ok", 1), ("failed", 2)]}, 3),
    "answered in the ledger": ({"unsealed": [("ok", 1)]}, 0),
    "failed in the ledger": ({"unsealed": [("failed", 1)]}, 2),
    "failed, then answered there": ({"sealed": [("failed", 1)], "unsealed": [("ok", 2)]}, 0),
    "lost": ({"tries": [(None, 1), (None, 2)]}, 3),
    "lost long ago": ({"sealed tries": [("unknown", 3)]}, 4),
    "failed, then lost": ({"sealed": [("failed", 1)], "tries": [(None, 2)]}, 3),
    "in a batch": ({"state": "batched"}, -1),
    "refused, and to be redone": ({"sealed": [("refused", 4)]}, 5),
}  # fmt: skip


@pytest.fixture(params=["at once", "in ranges", "looked up"])
def ranges(request, monkeypatch) -> None:
    if request.param == "in ranges":
        monkeypatch.setattr(planning, "RANGE", 7)
    if request.param != "looked up":
        monkeypatch.setattr(planning, "_FEW", 0)


def tell(lake: Lake, grid: Grid) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Give each request a story in turn; return the requests, and what to expect of each."""
    rows = everything(grid)
    told = list(zip(rows, cycle(STORIES.values()), strict=False))
    with lake.run("before") as run:
        for row, (story, _) in told:
            record(run, row, story.get("sealed", ()))
            insert_tries(lake, row, story.get("sealed tries", ()))
    for row, (story, _) in told:
        record(run, row, story.get("unsealed", ()))
        insert_tries(lake, row, story.get("tries", ()))
        if "state" in story:
            query = "INSERT INTO requests VALUES (?, 1, 'gone', ?, NULL, '{}', 'b')"
            lake.ledger.db.execute(query, (row["request_key"], story["state"]))
    return rows, {row["request_key"]: attempt for row, (_, attempt) in told}


def record(run: Run, row: dict[str, Any], answers: list[tuple[str, int]]) -> None:
    run.record([{**answer(row, "m1", status), "attempt": number} for status, number in answers])


def insert_tries(lake: Lake, row: dict[str, Any], tries: list[tuple[str | None, int]]) -> None:
    for outcome, number in tries:
        lake.ledger.db.execute(
            "INSERT INTO attempts (request_key, attempt, started_at, outcome) VALUES (?, ?, ?, ?)",
            (row["request_key"], number, "2026-01-01T00:00:00", outcome),
        )


def everything(grid: Grid) -> list[dict[str, Any]]:
    return Plan(grid, np.ones(grid.total, np.int32), 0).rows()


def a_grid(lake: Lake, questions: int = 13) -> Grid:
    with lake.run("setup") as run:
        _, condition_id = condition(run)
    return requests([question(i) for i in range(questions)], condition_id, 2)


def claimed(lake: Lake, run_id: str) -> dict[str, int]:
    query = "SELECT request_key, attempt FROM requests WHERE run_id = ? AND state = 'planned'"
    return dict(lake.ledger.select(query, (run_id,)))


@pytest.mark.usefixtures("ranges")
def test_every_story_has_its_next_attempt(lake):
    rows, expected = tell(lake, grid := a_grid(lake))
    todo = {key: attempt for key, attempt in expected.items() if attempt > 0}
    counts = Counter(expected.values())
    with lake.run("generate responses") as run:
        with lake.reader() as con:
            preview = planning.plan(con, lake.ledger, grid, ["refused"])
        assert claimed(lake, run.run_id) == {}
        plan = run.plan(grid, ["refused"])
        assert claimed(lake, run.run_id) == todo
    for found in (preview, plan):
        assert {row["request_key"]: row["attempt"] for row in found.rows()} == todo
        assert (found.total, found.left) == (len(rows), len(todo))
        assert (found.cached, found.waiting) == (counts[0], counts[-1])


@pytest.mark.usefixtures("ranges")
def test_one_request_held_by_another_run_refuses_the_whole_plan(lake):
    grid = a_grid(lake)
    with lake.run("generate responses") as run:
        [*_, last] = sorted(row["request_key"] for row in everything(grid))
        run.lake.ledger.requests.claim(run.run_id, [(last, 1)])
        other = open_lake(lake.path)
        with other.run("generate other") as second, pytest.raises(BusyError, match="responses' "):
            second.plan(grid)
        assert claimed(lake, second.run_id) == {}


def test_what_is_given_twice_is_planned_once(lake):
    with lake.run("generate responses") as run:
        _, condition_id = condition(run)
        plan = run.plan(requests([question(0), question(1), question(0)], condition_id))
    assert (plan.total, plan.left) == (4, 4)


def test_work_is_in_the_order_of_questions_and_ways(lake):
    grid = a_grid(lake)
    with lake.run("generate responses") as run:
        rows = run.plan(grid).rows()
    assert rows == sorted(rows, key=lambda row: [row[name] for name in REQUEST_COLUMNS])


def test_a_way_is_for_questions_with_its_number_of_options():
    sizes = {f"q{i:02d}": i % 5 for i in range(23)}
    ways = [
        (size, f"c{i}", reading, variant, sample)
        for size, variants in {2: ("AB", "BA"), 3: ("ABC",), 0: ("-",), 7: ("A",)}.items()
        for i, reading, variant, sample in product(range(2), ("x", "y"), variants, range(3))
    ]
    names = ["n_choices", "condition_id", "reading", "variant", "sample_index"]
    columns = dict(zip(names, zip(*reversed(ways), strict=True), strict=True))
    asked = {"question_id": list(reversed(sizes)), "n_choices": list(reversed(sizes.values()))}
    grid = Grid(pa.table(asked), pa.table({name: [*columns[name]] for name in names}))
    wanted = [(q, *way) for q, n in sizes.items() for size, *way in ways if size == n]
    found = grid.rows(np.arange(grid.total)).to_pylist()
    assert [row["number"] for row in found] == list(range(len(wanted)))
    assert [tuple(row[name] for name in REQUEST_COLUMNS) for row in found] == sorted(wanted)
    assert sorted(grid.conditions) == ["c0", "c1"]


def test_questions_that_no_way_is_for_are_not_planned(lake):
    with lake.run("generate responses") as run:
        plan = run.plan(requests([{**question(0), "choices": []}], "c1_x"))
    assert (plan.total, plan.left, plan.cached, plan.rows()) == (0, 0, 0, [])


GROWTH = """
import json, resource, sys
import numpy as np
from tests.samples import condition, question, requests
from warehouse import plan as planning
from warehouse.lake import open_lake

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

planning.RANGE = 20_000
grown = []
with open_lake(sys.argv[1], create=True).run("generate responses") as run:
    for name, samples in (("small", 25), ("large", 200)):
        grid = requests([question(i) for i in range(1_000)], condition(run, name)[1], samples)
        plan = run.plan(grid)
        assert plan.left == 2_000 * samples == sum(p.num_rows for p in plan.parts(8192))
        grown.append(peak())
print(json.dumps(grown))
"""


def test_a_plan_eight_times_as_large_takes_little_more_memory(tmp_path):
    made = subprocess.run(
        [sys.executable, "-c", GROWTH, str(tmp_path / "lake")],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    small, large = json.loads(made.stdout)
    assert (large - small) / (400_000 - 50_000) < 100, "bytes a request"
