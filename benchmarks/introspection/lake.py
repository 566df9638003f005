"""A lake with answers and predictions of two models, made by SQL: the same rows every time.

`python -m benchmarks.introspection.lake FOLDER STRINGS` gives STRINGS x 8 properties x 4 cells
of prediction pairs: the first half of the strings are training strings besides.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from warehouse.keys import REQUEST_KEY_SQL, condition_id, model_id
from warehouse.lake import open_lake
from warehouse.schema import arrow_schema, table

PROPERTIES = 8
MODELS = ("first", "second")

_QUESTIONS = """
CREATE TABLE questions AS
SELECT
    'q1_o' || i AS question_id, 'sequences' AS dataset, 'object' AS concept,
    'task_' || i % 4 AS task, CASE WHEN i % 5 = 0 THEN 'train' ELSE 'val' END AS split,
    's' || i AS group_id, '[{"role":"user","content":"Go on: string ' || i || '"}]' AS messages,
    CAST([] AS VARCHAR[]) AS choices, CAST(NULL AS VARCHAR) AS property,
    CAST(NULL AS VARCHAR) AS object_id, TIMESTAMP '2026-01-01' AS ingested_at, i
FROM range($strings) AS r (i)
"""
_ASKED = """
INSERT INTO questions
SELECT
    q.question_id || '_p' || p, q.dataset, 'property_' || p, q.task, q.split, q.group_id,
    q.messages, q.choices, 'property_' || p, q.question_id, q.ingested_at, q.i
FROM questions q CROSS JOIN range($properties) AS r (p)
"""
# What a model answers has one of seven values; it predicts its own in three of four cases.
_RESPONSES = f"""
WITH asked AS (
    SELECT
        question_id, $condition AS condition_id, $model AS model_id, '-' AS variant,
        'text' AS reading, 0 AS sample_index, 1 AS attempt, 'ok' AS status, 'generated' AS origin,
        TIMESTAMP '2026-01-01' AS created_at, property, object_id, i
    FROM questions
)
SELECT {REQUEST_KEY_SQL} AS request_key, *, 'v' || hash($model, i) % 7 AS text FROM asked
"""
_SCORES = """
SELECT request_key, 'property:property_' || p AS scorer, 1 AS version,
    'v' || hash($model, i, p) % 7 AS label, true AS valid, 1 AS attempt
FROM answered CROSS JOIN range($properties) AS r (p) WHERE object_id IS NULL
UNION ALL
SELECT request_key, 'prediction', 1,
    CASE WHEN hash($model, i, property, 'right') % 4 > 0
        THEN 'v' || hash($model, i, CAST(substr(property, 10) AS BIGINT)) % 7
        ELSE 'v' || hash(i, property) % 7 END,
    hash($model, i, property, 'read') % 50 > 0, 1
FROM answered WHERE object_id IS NOT NULL
"""


def make(folder: Path, strings: int) -> None:
    """Write the lake's segments as commands write them."""
    lake = open_lake(folder, create=True)
    with duckdb.connect() as con, lake.run("synthetic predictions") as run:
        con.execute(_QUESTIONS, {"strings": strings})
        con.execute(_ASKED, {"properties": PROPERTIES})
        _write(con, run, "questions", "SELECT * FROM questions", {})
        for name in MODELS:
            model = {"engine": "imported", "base": name}
            row = {"model_id": model_id(model), "name": name, **model}
            asked = {"model_id": row["model_id"], "engine": "imported", "template": "-",
                     "sampling": '{"max_tokens":64,"temperature":0.0}'}  # fmt: skip
            condition = {"condition_id": condition_id(asked), **asked}
            run.upsert("models", [row])
            run.upsert("conditions", [condition])
            given = {"model": row["model_id"], "condition": condition["condition_id"]}
            con.execute(f"CREATE OR REPLACE TABLE answered AS {_RESPONSES}", given)
            _write(con, run, "responses", "SELECT * FROM answered", {})
            scored = {"model": row["model_id"], "properties": PROPERTIES}
            _write(con, run, "scores", _SCORES, scored)
    lake.close()


def _write(
    con: duckdb.DuckDBPyConnection, run: object, name: str, select: str, given: dict
) -> None:  # type: ignore[type-arg]
    declared = table(name)
    held = {column[0] for column in con.sql(select, params=given).description}
    columns = ", ".join(
        f'"{c.name}"' if c.name in held else f'CAST(NULL AS {c.type}) AS "{c.name}"'
        for c in declared.columns
    )
    order = ", ".join(declared.order)
    rows = con.sql(f"SELECT {columns} FROM ({select}) ORDER BY {order}", params=given)
    reader = rows.to_arrow_reader(100_000)
    import pyarrow as pa

    batches = (pa.Table.from_batches([b]).cast(arrow_schema(name)) for b in reader)
    run.write(name, batches)  # type: ignore[attr-defined]


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
