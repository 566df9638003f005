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
    AND (len($tasks) = 0 OR list_contains($tasks, task))
    {narrower}
ORDER BY question_id LIMIT $limit
"""


# Left out where no fold is asked for: dealing the folds reads all questions.
_HELD_OUT_SQL = "AND question_id IN (SELECT question_id FROM question_folds WHERE fold = $fold)"

# A limit counts clusters, the same ones for both kinds of questions.
_ASKS_SQL = {
    "object": "AND question_id IN (SELECT object_id FROM asked_of)",
    "hypothetical": "AND question_id IN (SELECT question_id FROM asked_of)",
}
_ASKED_OF_SQL = """
WITH asked_about AS (
    SELECT question_id, object_id, group_id FROM questions
    WHERE dataset = $dataset AND object_id IS NOT NULL
        AND ($split IS NULL OR split = $split)
        AND (len($concepts) = 0 OR list_contains($concepts, concept))
        AND (len($tasks) = 0 OR list_contains($tasks, task))
),

clusters AS (SELECT DISTINCT group_id FROM asked_about ORDER BY md5(group_id) LIMIT $limit),

asked_of AS (SELECT * FROM asked_about WHERE group_id IN (FROM clusters))

SELECT question_id, CAST(len(choices) AS INTEGER) AS n_choices FROM questions
WHERE dataset = $dataset {narrower} ORDER BY question_id
"""


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
    def tasks(self) -> Sequence[str]:
        """Only these tasks, or all where there are none."""
        ...

    @property
    def asks(self) -> str | None:
        """Only questions that ask for an answer, `object`, or about one, `hypothetical`."""
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
        "tasks": list(job.tasks),
        "limit": job.limit and min(job.limit, _EVERY),
    }
    narrower = ""
    if job.fold is not None:
        parameters["fold"], narrower = job.fold, _HELD_OUT_SQL
    if job.asks is not None:
        query = _ASKED_OF_SQL.format(narrower=f"{narrower} {_ASKS_SQL[job.asks]}")
    else:
        query = _SELECTED_SQL.format(narrower=narrower)
    selected = con.sql(query, params=parameters).to_arrow_table()
    if not selected.num_rows:
        raise InputError(
            f"No question of '{job.questions}' fits --concepts, --tasks, --split, --held-out and "
            "--limit together."
        )
    return selected


def _require_known(con: duckdb.DuckDBPyConnection, job: Selects) -> None:
    # Of all versions: a question's data set is part of what names it.
    datasets = _values(con, "SELECT DISTINCT dataset FROM questions_history", [])
    if job.questions not in datasets:
        start = nearest(job.questions, datasets) or " Ingest one: mirrorlake ingest starter"
        raise InputError(f"There are no questions '{job.questions}' in the lake.{start}")
    named = (
        ("concept", job.concepts),
        ("task", job.tasks),
        ("split", (job.split,) if job.split else ()),
    )
    for name, asked in named:
        query = f"SELECT DISTINCT {name} FROM questions WHERE dataset = ? AND {name} IS NOT NULL"
        known = _values(con, query, [job.questions])
        for value in asked:
            if value not in known:
                raise InputError(
                    f"'{job.questions}' has no {name} '{value}'.{nearest(value, known)}"
                )


def _values(con: duckdb.DuckDBPyConnection, query: str, parameters: list[str]) -> list[str]:
    return [row[0] for row in con.execute(query, parameters).fetchall()]
