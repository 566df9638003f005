"""Which questions a training set is about, as SQL, and a sentence for names that are unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from finetune.dataset.sets import Selection
from warehouse.errors import InputError, nearest

if TYPE_CHECKING:
    import duckdb

# A condition on `questions AS q`, without its properties.
WHERE_SQL = """q.dataset = $questions
    AND (len($splits) = 0 OR list_contains($splits, q.split))
    AND (len($tasks) = 0 OR list_contains($tasks, q.task))
    AND (len($held_out_tasks) = 0 OR NOT list_contains($held_out_tasks, coalesce(q.task, '')))
    AND (len($concepts) = 0 OR list_contains($concepts, q.concept))
    AND (len($disjoint) = 0 OR q.group_id NOT IN (
        SELECT d.group_id FROM questions AS d
        WHERE d.dataset = $questions AND list_contains($disjoint, d.split)
    ))"""
WHICH_SQL = f"""{WHERE_SQL}
    AND (len($properties) = 0 OR list_contains($properties, q.property))"""

_KNOWN_SQL = """
SELECT DISTINCT {column} FROM questions WHERE dataset = $questions AND {column} IS NOT NULL
"""


def require_known(
    con: duckdb.DuckDBPyConnection, which: Selection, splits: Sequence[str] = ()
) -> None:
    """Raise InputError for a data set, task, concept, property or split that is not there."""
    known = {row[0] for row in con.execute("SELECT DISTINCT dataset FROM questions").fetchall()}
    if which.questions not in known:
        raise InputError(
            f"There are no questions '{which.questions}' in the lake."
            f"{nearest(which.questions, known)}"
        )
    asked = {
        "task": which.tasks + which.hold_out_tasks,
        "concept": which.concepts,
        "property": which.properties,
        "split": (*which.splits, *which.disjoint_from, *splits),
    }
    for column, names in asked.items():
        query = _KNOWN_SQL.format(column=column)
        there = {row[0] for row in con.execute(query, {"questions": which.questions}).fetchall()}
        for name in names:
            if name not in there:
                raise InputError(
                    f"'{which.questions}' has no {column} '{name}'.{nearest(name, there)}"
                )
