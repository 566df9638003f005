"""From a plan to the requests that an engine is given."""

from __future__ import annotations

import json

import numpy as np

from generate import requests
from generate.engines.base import Asking, Sampling
from generate.job import ResponsesJob
from generate.responses import open_work
from tests.generate.conftest import free
from tests.samples import question
from warehouse import compaction, recovery
from warehouse.keys import request_key
from warehouse.plan import Plan

CHUNK = 7


def a_plan(lake, folder) -> tuple[Plan, dict[str, dict]]:
    """Return the plan of a job with two requests of every three left, each as another attempt."""
    asking = Asking(sampling=Sampling(temperature=1.0))
    readings = ("letter", "cloze", "text")
    model = f"hf:{folder}"
    work = open_work(lake, ResponsesJob("sample", model, readings, samples=3, asking=asking))
    grid = work.planned.requests
    assert grid.total == 12 * (2 + 1 + 2 * 3)
    return Plan(grid, np.arange(grid.total, dtype=np.int32) % 3, 0), work.conditions


def test_requests_come_in_the_order_of_work_with_their_questions(asked_lake, folders, monkeypatch):
    monkeypatch.setattr(requests, "CHUNK", CHUNK)
    plan, conditions = a_plan(asked_lake, folders["llama"])
    chunks = list(requests.filled(asked_lake, plan, conditions))
    assert [len(chunk) for chunk in chunks] == [CHUNK] * (72 // CHUNK) + [72 % CHUNK]
    found = [request for chunk in chunks for request in chunk]
    asked = {q["question_id"]: q for q in map(question, range(12))}
    for request, row in zip(found, plan.rows(), strict=True):
        assert request.row("ok") == {
            **row, "model_id": request.condition["model_id"], "status": "ok"
        }  # fmt: skip
        assert request.messages == json.loads(asked[request.question_id]["messages"])
        assert request.choices == asked[request.question_id]["choices"]
        assert request.condition is conditions[row["condition_id"]]
        assert request.request_key == request_key(
            request.question_id, request.variant, request.reading, row["condition_id"],
            request.sample_index,
        )  # fmt: skip


def test_files_may_be_merged_and_collected_between_two_chunks(asked_lake, folders, monkeypatch):
    monkeypatch.setattr(requests, "CHUNK", CHUNK)
    plan, conditions = a_plan(asked_lake, folders["llama"])
    wanted = [
        request for chunk in requests.filled(asked_lake, plan, conditions) for request in chunk
    ]
    chunks = requests.filled(asked_lake, plan, conditions)
    found = next(chunks)
    with asked_lake.run("ingest") as run:
        run.append("questions", [question(99), free(9)])
    with asked_lake.publish_lock.held(print):
        compaction.compact_all(asked_lake)
        recovery.collect(asked_lake, 0.0)
    assert len(list((asked_lake.path / "segments" / "questions").iterdir())) == 1
    for chunk in chunks:
        found += chunk
    assert found == wanted
