"""What the workers of the kill test do: hidden states of one part of the starter set."""

from __future__ import annotations

from unittest import mock

import torch
import transformers  # noqa: F401  imported before forking

from generate.capture import fill
from generate.capture.job import ActivationsJob
from generate.engines.base import Options
from ingest.starter import items
from warehouse.lake import open_lake

# Threads of a parent do not survive a fork; one thread needs none.
torch.set_num_threads(1)


def prepare(path: str) -> None:
    """Ingest the starter set."""
    with open_lake(path, create=True).run("ingest starter") as run:
        run.append("questions", items())


def read(path: str, limit: str) -> None:
    """Read the first questions in small batches and small segments."""
    job = ActivationsJob(
        questions="starter",
        model="mirror-tiny/base",
        sites=("resid_post", "attn_head_in"),
        positions=("last", "choice"),
        variants="choices",
        limit=int(limit),
        options=Options(batch_tokens=200),
    )
    with mock.patch.object(fill, "SEGMENT_BYTES", 30_000):
        fill.generate_activations(open_lake(path), job)
