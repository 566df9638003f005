"""Which requests a job means: questions crossed with readings, option orders and samples."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from console import plural
from generate import prompts, selection
from generate.engines.base import Request
from generate.job import ResponsesJob
from warehouse.errors import InputError
from warehouse.grid import WAY_COLUMNS, Grid
from warehouse.keys import REQUEST_KEY_SQL
from warehouse.plan import Plan

if TYPE_CHECKING:
    import duckdb

    from warehouse.lake import Lake

Row = dict[str, Any]
Stored = tuple[list[prompts.Message], list[str]]
"""The messages and the choices of a question."""
Asked = tuple[str, str]
"""A reading and the condition under which it is taken, by its id."""

# What is read of a lake here; a reader made for no more than this opens the sooner.
READS = "FROM questions"

# Requests held as Python objects at a time; enough for batches of near-equal length.
CHUNK = 8192

_KEYED_SQL = f"""
SELECT {REQUEST_KEY_SQL}, question_id, condition_id, variant, reading, sample_index, attempt
FROM part ORDER BY number
"""

_QUESTIONS_SQL = """
SELECT question_id, messages, choices FROM questions
WHERE question_id BETWEEN $first AND $last
    AND question_id IN (SELECT question_id FROM part)
"""


@dataclass(frozen=True)
class Planned:
    """The requests of a job; `skipped` questions lack the options a reading needs."""

    requests: Grid
    questions: int
    skipped: int


def planned(
    con: duckdb.DuckDBPyConnection, job: ResponsesJob, conditions: Sequence[Asked]
) -> Planned:
    """Return the requests of a job under each of its conditions.

    Raises InputError for unknown names, an empty selection, and where no question has the
    options that the readings need.
    """
    selected = selection.select(con, job)
    sizes = selected.column("n_choices").to_pylist()
    requests = Grid(selected, _ways(job, sorted(set(sizes)), conditions))
    if not requests.total:
        raise InputError(
            f"{plural(len(sizes), 'question')} of '{job.questions}' cannot be asked: without "
            "options there is no letter and no option text. Use --reading text."
        )
    texts = any(reading == "text" for reading, _ in conditions)
    skipped = 0 if texts else sizes.count(0)
    return Planned(requests, len(sizes) - skipped, skipped)


def _ways(job: ResponsesJob, sizes: list[int], conditions: Sequence[Asked]) -> pa.Table:
    """Return how a question with each number of options is asked, one row a way."""
    rows = [
        (size, condition, reading, variant, sample)
        for size in sizes
        for reading, condition in conditions
        if size > 0 or reading == "text"
        for variant in _orders(job, prompts.variants(reading, size))
        for sample in range(job.samples if reading == "text" else 1)
    ]
    names = ["n_choices", *WAY_COLUMNS]
    types = [pa.int32(), pa.string(), pa.string(), pa.string(), pa.int32()]
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    arrays = [pa.array(c, t) for c, t in zip(columns, types, strict=True)]
    return pa.Table.from_arrays(arrays, names)


def _orders(job: ResponsesJob, variants: list[str]) -> list[str]:
    if job.orders == "bare":
        return ["-"]
    return variants[:1] if job.orders == "stored" else variants


def filled(lake: Lake, plan: Plan, conditions: Mapping[str, Row]) -> Iterator[list[Request]]:
    """Yield what is left of a plan with its questions, in chunks.

    By question_id, which is a hash, every chunk is a fair sample of all lengths, so the time
    left can be told from the first minutes; engines sort within a chunk. Requests of one
    question stay together and share their stem.
    """
    for part in plan.parts(CHUNK):
        # A reader for each: a run may take longer than superseded segments stay.
        with lake.ledger_reader(READS) as con:
            con.register("part", part)
            asked = _asked(con, part)
            rows = con.execute(_KEYED_SQL).fetchall()
        yield [_request(row, asked, conditions) for row in rows]


def _asked(con: duckdb.DuckDBPyConnection, part: pa.Table) -> dict[str, Stored]:
    ids = part.column("question_id")
    bounds = {"first": ids[0].as_py(), "last": ids[-1].as_py()}
    found = con.execute(_QUESTIONS_SQL, bounds).fetchall()
    return {question: (json.loads(messages), choices) for question, messages, choices in found}


def _request(
    row: tuple[Any, ...], asked: Mapping[str, Stored], conditions: Mapping[str, Row]
) -> Request:
    key, question, condition, variant, reading, sample, attempt = row
    messages, choices = asked[question]
    return Request(
        key, question, variant, reading, sample, attempt, messages, choices, conditions[condition]
    )
