"""Lakes of embedded models that were looked into, made by the functions that people call."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from click.testing import CliRunner, Result

from cli import main
from generate.capture.fill import generate_activations
from generate.capture.job import ActivationsJob, Captured
from generate.engines.base import Options
from generate.job import ResponsesJob, Summary
from generate.responses import generate_responses
from generate.steering.job import Steering
from ingest.starter import items
from warehouse import keys
from warehouse.lake import Lake, open_lake

OPTIONS = Options(device="cpu")
# Quotes of all kinds, a comment, markup, and what a shell or a pattern would read.
HOSTILE = "a'; DROP TABLE results; --\"<script>alert(1)</script>$x%s{0}"


@contextmanager
def lake_of(folder: Path, questions: Iterable[dict[str, Any]]) -> Iterator[Lake]:
    """Yield a new lake with these questions, torch on one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    lake = open_lake(folder / "lake", create=True)
    with lake.run("ingest") as run:
        run.append("questions", list(questions))
    yield lake
    lake.close()
    torch.set_num_threads(before)


def starter(*concepts: str, families: int = 40) -> list[dict[str, Any]]:
    """Return the starter questions of concepts, of the first families of each."""
    found = []
    for concept in concepts:
        rows = [row for row in items() if row["concept"] == concept]
        kept = sorted({row["group_id"] for row in rows})[:families]
        found += [row for row in rows if row["group_id"] in kept]
    return found


def named(row: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a question with other columns and the key that follows from them."""
    new = row | changes
    messages = json.loads(new["messages"])
    return new | {"question_id": keys.question_id(new["dataset"], messages, new["choices"])}


def capture(lake: Lake, model: str, dataset: str = "starter", **job: Any) -> list[Captured]:
    """Read an embedded model's states; `job` as the fields of ActivationsJob."""
    told: list[Captured] = []
    asked = ActivationsJob(dataset, f"mirror-tiny/{model}", options=OPTIONS, **job)
    generate_activations(lake, asked, told.append)
    return told


def steer(
    lake: Lake, model: str, *directions: str, doses: Iterable[float], controls: int = 0,
    edit: str = "add", dataset: str = "starter", **job: Any,
) -> Summary:  # fmt: skip
    """Ask an embedded model for letters under interventions."""
    steering = Steering(directions, tuple(doses), controls, edit)
    job = {"readings": ("letter",), **job}
    asked = ResponsesJob(dataset, f"mirror-tiny/{model}", options=OPTIONS, steering=steering, **job)
    return generate_responses(lake, asked)


def mirrorlake(*words: Any) -> Result:
    """Run a command as a person does."""
    return CliRunner().invoke(main, [str(word) for word in words])


def ask(lake: Lake, query: str, *values: Any) -> list[dict[str, Any]]:
    """Return the rows of a query on all tables and views."""
    with lake.reader() as con:
        return list(con.sql(query, params=list(values)).pl().iter_rows(named=True))


def pick(rows: Iterable[dict[str, Any]], **wanted: Any) -> list[dict[str, Any]]:
    """Return the rows with these values."""
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]
