"""What the workers of the crash tests do; every number follows from the keys."""

from __future__ import annotations

from unittest import mock

import duckdb  # noqa: F401  imported before forking
import polars  # noqa: F401

from tests.samples import answer, condition, question, requests
from warehouse import (  # noqa: F401
    compaction,
    plan,
    publish,
    reader,
    recovery,
    rows,
    segments,
    views,
)
from warehouse import run as run_module
from warehouse.lake import open_lake

QUESTIONS = [question(i) for i in range(60)]


def fill(path: str, batch: int = 7) -> None:
    """Ingest, then answer every question in small batches, sealing often."""
    lake = open_lake(path, create=True)
    with lake.run("ingest") as run:
        run.append("questions", QUESTIONS)
    sealing_often = mock.patch.object(run_module, "SEAL_ROWS", 20)
    with sealing_often, lake.run("generate responses") as run:
        model_id, condition_id = condition(run)
        todo = run.plan(requests(QUESTIONS, condition_id)).rows()
        for start in range(0, len(todo), batch):
            run.record([answer(row, model_id) for row in todo[start : start + batch]])


def compact(path: str) -> None:
    """Compact every table."""
    lake = open_lake(path)
    with lake.run("lake compact"), lake.publish_lock.held(print):
        compaction.compact_all(lake)
