"""Sets of tasks into the lake, task by task, with their findings; and what people see of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from console import columns, emit, say
from ingest.introspection.audits import QUESTION_AUDITS, SET_AUDITS, TASK_AUDITS, audit
from ingest.introspection.rows import frames
from ingest.introspection.taskset import Task, TaskSet
from ingest.store import outcome
from warehouse.lake import Lake, open_lake
from warehouse.run import Run

Row = dict[str, Any]

# Questions held at a time, but for a task that has more by itself.
ROWS_AT_ONCE = 100_000

_OWN_AUDITS = frozenset({*TASK_AUDITS, *QUESTION_AUDITS, *SET_AUDITS})
_FINDING = ("dataset", "concept", "audit", "severity", "count", "total", "example", "detail")


def ingest_tasks(
    lake_path: str | Path, command: str, task_set: TaskSet, config: Mapping[str, Any]
) -> Row:
    """Write a set's questions and findings.

    Returns `datasets`, `rows`, `written`, `tasks` (one row a task) and `audits`.
    """
    lake = open_lake(lake_path, create=True)
    try:
        with lake.run(command, config=dict(config)) as run:
            rows = written = 0
            for frame in _gathered(frames(task_set)):
                rows += frame.height
                written += run.append("questions", frame)
            findings = audit(task_set)
            _renew(lake, run, task_set, findings)
            run.count(rows=rows, written=written)
    finally:
        lake.close()
    return {
        "datasets": [task_set.dataset],
        "rows": rows,
        "written": written,
        "tasks": [_summary(task_set, task) for task in task_set.tasks],
        "audits": findings,
    }


def _gathered(parts: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Return frames put together, so that small tasks share a segment."""
    held: list[pl.DataFrame] = []
    for part in parts:
        held.append(part)
        if sum(one.height for one in held) >= ROWS_AT_ONCE:
            yield pl.concat(held)
            held = []
    if held:
        yield pl.concat(held)


def _renew(lake: Lake, run: Run, task_set: TaskSet, findings: Sequence[Row]) -> None:
    """Replace what these audits found before about the same tasks and questions."""
    renewed = {"*", *(task.name for task in task_set.tasks)}
    renewed |= {asked.name for asked in task_set.properties}
    with lake.ledger_reader() as con:
        query = f"SELECT {', '.join(_FINDING)} FROM audits WHERE dataset = $dataset"
        before = con.sql(query, params={"dataset": task_set.dataset}).pl().to_dicts()
    kept = [r for r in before if r["audit"] not in _OWN_AUDITS or r["concept"] not in renewed]
    now = [*kept, *findings]
    if {tuple(row[n] for n in _FINDING) for row in now} != {tuple(r.values()) for r in before}:
        run.replace_audits(task_set.dataset, now)


def _summary(task_set: TaskSet, task: Task) -> Row:
    splits = [given.split for given in task.strings]
    return {
        "task": task.name,
        "expects": task.expects,
        **{split: splits.count(split) for split in dict.fromkeys(splits)},
        "properties": [one.name for one in task_set.asked[task.name]],
    }


def report(result: Row, as_json: bool) -> None:
    """Print tasks and findings as tables, or everything as JSON; narrate what was written."""
    splits = dict.fromkeys(
        n for row in result["tasks"] for n in row if n in ("train", "val", "all")
    )
    tasks = [{**row, "properties": len(row["properties"])} for row in result["tasks"]]
    parts = [columns(tasks, ("task", "expects", *splits, "properties"))]
    if result["audits"]:
        names = ("dataset", "concept", "audit", "severity", "count", "total", "detail")
        parts.append(columns(result["audits"], names))
    emit(result, as_json, "\n\n".join(parts))
    say(outcome(result["rows"], result["written"], "question"))
