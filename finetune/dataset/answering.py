"""Whose answers are meant by a name, and under which condition they were given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console import listing
from finetune.dataset.sets import Selection
from warehouse.errors import InputError, nearest

if TYPE_CHECKING:
    import duckdb

READS = "FROM questions, responses, conditions, models, property_values"

_ANSWERED_SQL = """
SELECT r.model_id, any_value(m.name) AS name, r.condition_id, any_value(c.sampling) AS sampling
FROM responses AS r
JOIN models AS m ON m.model_id = r.model_id
JOIN conditions AS c ON c.condition_id = r.condition_id
WHERE r.reading = 'text' AND r.variant = '-' AND r.sample_index = 0
    AND r.question_id IN (
        SELECT question_id FROM questions WHERE dataset = $questions AND property IS NULL
    )
    AND coalesce(TRY_CAST(c.sampling ->> '$.temperature' AS DOUBLE), 0) = 0
    AND c.intervention_id IS NULL
    AND (
        c.condition_id = $name
        OR (c.system_prompt IS NULL AND (m.name = $name OR m.model_id = $name))
    )
GROUP BY r.model_id, r.condition_id
ORDER BY r.condition_id
"""


@dataclass(frozen=True)
class Answering:
    """A model and the condition under which it answered."""

    name: str
    model_id: str
    condition_id: str

    def recipe(self) -> dict[str, str]:
        """Return what decides the rows; a name does not."""
        return {"model_id": self.model_id, "condition_id": self.condition_id}


def answering(con: duckdb.DuckDBPyConnection, name: str, which: Selection) -> Answering:
    """Return who answered the object questions of a data set greedily and without instructions.

    `name` is a model's name or id, or a condition's id. Raises InputError where there are no
    such answers, or answers under several conditions.
    """
    parameters = {"name": name, "questions": which.questions}
    found = con.execute(_ANSWERED_SQL, parameters).fetchall()
    if not found:
        raise InputError(_none(con, name, which.questions))
    if len(found) > 1:
        ids = listing(f"{condition} ({sampling})" for _, _, condition, sampling in found)
        raise InputError(
            f"'{name}' answered '{which.questions}' under {len(found)} conditions: {ids}. "
            "Give the id of one in place of the name."
        )
    ((model_id, shown, condition_id, _),) = found
    return Answering(shown, model_id, condition_id)


def _none(con: duckdb.DuckDBPyConnection, name: str, questions: str) -> str:
    known = {row[0] for row in con.execute("SELECT DISTINCT dataset FROM questions").fetchall()}
    if questions not in known:
        return f"There are no questions '{questions}' in the lake.{nearest(questions, known)}"
    names = {row[0] for row in con.execute("SELECT DISTINCT name FROM models").fetchall()}
    hint = "" if name in names else nearest(name, names)
    return (
        f"The lake holds no greedy answers of '{name}' to the object questions of "
        f"'{questions}'.{hint} Make them: mirrorlake generate predict --questions {questions} "
        f"--target {name} --predictor {name}"
    )
