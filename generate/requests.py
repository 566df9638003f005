"""Which requests a job means: questions crossed with readings, option orders and samples."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from console import plural
from generate import prompts
from generate.engines.base import Request
from generate.job import ResponsesJob
from warehouse.errors import InputError, nearest
from warehouse.plan import REQUEST_COLUMNS

if TYPE_CHECKING:
    import duckdb

Row = dict[str, Any]

# Requests held as Python objects at a time; enough for batches of near-equal length.
CHUNK = 8192
# More questions than any lake holds, and a number that DuckDB can hold.
_EVERY = 2**62

_SELECTED_SQL = """
SELECT question_id, CAST(len(choices) AS INTEGER) AS n_choices FROM questions
WHERE dataset = $dataset
    AND ($split IS NULL OR split = $split)
    AND (len($concepts) = 0 OR list_contains($concepts, concept))
ORDER BY question_id LIMIT $limit
"""

_PLANNED_SQL = f"""
SELECT {", ".join(REQUEST_COLUMNS)} FROM selected JOIN ways USING (n_choices)
"""

# In the order of hashes every chunk is a fair sample of all lengths, so the time left can be
# told from the first minutes; engines sort within a chunk. Requests of one question stay
# together and share their stem.
_FILLED_SQL = """
SELECT todo.*, questions.messages, questions.choices
FROM todo JOIN questions USING (question_id)
ORDER BY question_id, condition_id, reading, variant, sample_index
"""


@dataclass(frozen=True)
class Planned:
    """The requests of a job; `skipped` questions lack the options a reading needs."""

    requests: pa.Table
    questions: int
    skipped: int


def planned(
    con: duckdb.DuckDBPyConnection, job: ResponsesJob, conditions: Mapping[str, str]
) -> Planned:
    """Return the requests of a job; `conditions` gives the condition's id of each reading.

    Raises InputError for unknown names, an empty selection, and where no question has the
    options that the readings need.
    """
    selected = _selected(con, job)
    sizes = selected.column("n_choices").to_pylist()
    ways = _ways(job, sorted(set(sizes)), conditions)
    con.register("selected", selected)
    con.register("ways", ways)
    requests = con.sql(_PLANNED_SQL).to_arrow_table()
    if not requests.num_rows:
        raise InputError(
            f"{plural(len(sizes), 'question')} of '{job.questions}' cannot be asked: without "
            "options there is no letter and no option text. Use --reading text."
        )
    skipped = 0 if "text" in conditions else sizes.count(0)
    return Planned(requests, len(sizes) - skipped, skipped)


def _selected(con: duckdb.DuckDBPyConnection, job: ResponsesJob) -> pa.Table:
    _require_known(con, job)
    parameters = {
        "dataset": job.questions,
        "split": job.split,
        "concepts": list(job.concepts),
        "limit": job.limit and min(job.limit, _EVERY),
    }
    selected = con.sql(_SELECTED_SQL, params=parameters).to_arrow_table()
    if not selected.num_rows:
        raise InputError(
            f"No question of '{job.questions}' fits --concepts, --split and --limit together."
        )
    return selected


def _require_known(con: duckdb.DuckDBPyConnection, job: ResponsesJob) -> None:
    datasets = _values(con, "SELECT DISTINCT dataset FROM questions", [])
    if job.questions not in datasets:
        start = nearest(job.questions, datasets) or " Ingest one: mirrorlake ingest starter"
        raise InputError(f"There are no questions '{job.questions}' in the lake.{start}")
    for name, asked in (("concept", job.concepts), ("split", (job.split,) if job.split else ())):
        query = f"SELECT DISTINCT {name} FROM questions WHERE dataset = ? AND {name} IS NOT NULL"
        known = _values(con, query, [job.questions])
        for value in asked:
            if value not in known:
                raise InputError(
                    f"'{job.questions}' has no {name} '{value}'.{nearest(value, known)}"
                )


def _values(con: duckdb.DuckDBPyConnection, query: str, parameters: list[str]) -> list[str]:
    return [row[0] for row in con.execute(query, parameters).fetchall()]


def _ways(job: ResponsesJob, sizes: list[int], conditions: Mapping[str, str]) -> pa.Table:
    """Return how a question with each number of options is asked, one row a way."""
    rows = [
        (size, reading, variant, conditions[reading], sample)
        for size in sizes
        for reading in conditions
        if size > 0 or reading == "text"
        for variant in _orders(job, prompts.variants(reading, size))
        for sample in range(job.samples if reading == "text" else 1)
    ]
    names = ["n_choices", "reading", "variant", "condition_id", "sample_index"]
    types = [pa.int32(), pa.string(), pa.string(), pa.string(), pa.int32()]
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    arrays = [pa.array(c, t) for c, t in zip(columns, types, strict=True)]
    return pa.Table.from_arrays(arrays, names)


def _orders(job: ResponsesJob, variants: list[str]) -> list[str]:
    return variants[:1] if job.orders == "stored" else variants


def filled(
    con: duckdb.DuckDBPyConnection, todo: pa.Table, conditions: Mapping[str, Row]
) -> Iterator[list[Request]]:
    """Yield the requests of a plan with their questions, in chunks."""
    con.register("todo", todo)
    for batch in con.sql(_FILLED_SQL).to_arrow_reader(CHUNK):
        yield [
            Request(
                request_key=row["request_key"],
                question_id=row["question_id"],
                variant=row["variant"],
                reading=row["reading"],
                sample_index=row["sample_index"],
                attempt=row["attempt"],
                messages=json.loads(row["messages"]),
                choices=row["choices"],
                condition=conditions[row["condition_id"]],
            )
            for row in batch.to_pylist()
        ]
