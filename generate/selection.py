"""Which questions of a data set a job is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from warehouse.errors import InputError, nearest

# What is read of a lake here; a reader made for no more than this opens the sooner.
READS = "FROM questions, question_folds"

# More questions than any lake holds, and a number that DuckDB can hold.
_EVERY = 2**62

_SELECTED_SQL = """
SELECT question_id, CAST(len(choices) AS INTEGER) AS n_choices FROM questions
WHERE dataset = $dataset
    AND ($split IS NULL OR split = $split)
    AND (len($concepts) = 0 OR list_contains($concepts, concept))
    {held_out}
ORDER BY question_id LIMIT $limit
"""


# Left out where no fold is asked for: dealing the folds reads all questions.
_HELD_OUT_SQL = "AND question_id IN (SELECT question_id FROM question_folds WHERE fold = $fold)"


class Selects(Protocol):
    """What a job says about its questions; `limit` takes an arbitrary but fixed subset."""

    @property
    def questions(self) -> str:
        """The data set."""
        ...

    @property
    def concepts(self) -> Sequence[str]:
        """Only these concepts, or all where there are none."""
        ...

    @property
    def split(self) -> str | None:
        """Only this split."""
        ...

    @property
    def fold(self) -> int | None:
        """Only what is held out in this fold."""
        ...

    @property
    def limit(self) -> int | None:
        """At most so many."""
        ...


def select(con: duckdb.DuckDBPyConnection, job: Selects) -> pa.Table:
    """Return `question_id` and `n_choices` of what a job selects, by `question_id`.

    Raises InputError for unknown names and where nothing is selected.
    """
    _require_known(con, job)
    parameters: dict[str, Any] = {
        "dataset": job.questions,
        "split": job.split,
        "concepts": list(job.concepts),
        "limit": job.limit and min(job.limit, _EVERY),
    }
    if job.fold is not None:
        parameters["fold"] = job.fold
    query = _SELECTED_SQL.format(held_out="" if job.fold is None else _HELD_OUT_SQL)
    selected = con.sql(query, params=parameters).to_arrow_table()
    if not selected.num_rows:
        raise InputError(
            f"No question of '{job.questions}' fits --concepts, --split, --held-out and --limit "
            "together."
        )
    return selected


def _require_known(con: duckdb.DuckDBPyConnection, job: Selects) -> None:
    # Of all versions: a question's data set is part of what names it.
    datasets = _values(con, "SELECT DISTINCT dataset FROM questions_history", [])
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
