"""What the workers of the kill tests do: one part of the starter set, asked of the real model."""

from __future__ import annotations

from unittest import mock

import torch
import transformers  # noqa: F401  imported before forking

from generate.engines.base import Options
from generate.job import ResponsesJob
from generate.responses import generate_responses
from ingest.starter import items
from warehouse import run as run_module
from warehouse.lake import open_lake

# Threads of a parent do not survive a fork; one thread needs none.
torch.set_num_threads(1)


def prepare(path: str) -> None:
    """Ingest the starter set."""
    with open_lake(path, create=True).run("ingest starter") as run:
        run.append("questions", items())


def ask(path: str, limit: str) -> None:
    """Answer the first questions in small batches, sealing often."""
    job = ResponsesJob(
        questions="starter",
        model="mirror-tiny/base",
        limit=int(limit),
        options=Options(batch_tokens=1000),
    )
    with mock.patch.object(run_module, "SEAL_ROWS", 100):
        generate_responses(open_lake(path), job)


def compact(path: str) -> None:
    """Compact every table."""
    from warehouse.compaction import compact_all

    lake = open_lake(path)
    with lake.run("lake compact"), lake.publish_lock.held(print):
        compact_all(lake)
