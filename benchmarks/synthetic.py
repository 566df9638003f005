"""Lakes of any size, made by SQL: the same rows every time, in the production format.

`python -m benchmarks.synthetic FOLDER ROWS` makes a lake with about ROWS responses: 20 models
answer every question three times (letters in both orders, and the cloze reading); with a word
after that, a lake with ROWS questions that nobody has answered; with a name that ends in .csv,
a file of questions and replies. Draws are hashes of what they are about, so no generator and no
seed is needed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from pyarrow import csv

from warehouse import segments
from warehouse.grid import WAY_COLUMNS, Grid
from warehouse.keys import REQUEST_KEY_SQL, condition_id, model_id
from warehouse.lake import Lake, open_lake
from warehouse.schema import arrow_schema

MODELS = 20
WAYS = (("letter", "AB"), ("letter", "BA"), ("cloze", "-"))
# Questions come in families of four wordings, families in ten concepts.
QUESTIONS_SQL = """
SELECT
    'q1_' || substr(sha256(
        '["synthetic",[["user","Is statement ' || i || ' true?"]],["yes","no"]]'
    ), 1, 40) AS question_id,
    i AS number,
    'synthetic' AS dataset,
    'concept_' || (i // 4) % 10 AS concept,
    'test' AS split,
    'family_' || i // 4 AS group_id,
    'paraphrase' AS group_kind,
    '[{"role":"user","content":"Is statement ' || i || ' true?"}]' AS messages,
    ['yes', 'no'] AS choices,
    CASE WHEN hash(i, 'truth') % 2 = 0 THEN 'A' ELSE 'B' END AS answer,
    'synthetic.jsonl' AS source_file,
    TIMESTAMP '2026-01-01' AS ingested_at
FROM range($questions) AS r (i)
"""

# A model knows a family with its own probability and leans to the option shown first.
RESPONSES_SQL = f"""
WITH asked AS (
    SELECT
        q.question_id,
        q.answer,
        $condition AS condition_id,
        $model_id AS model_id,
        way.variant,
        way.reading,
        0 AS sample_index,
        1 AS attempt,
        -- Numbers in [0, 1): what this family, this question and this order draw.
        (hash($model, q.group_id) >> 11) / 2.0 ** 53 AS u_family,
        (hash($model, q.number) >> 11) / 2.0 ** 53 AS u_question,
        (hash($model, q.number, way.variant) >> 11) / 2.0 ** 53 AS u_order
    FROM questions AS q CROSS JOIN ways AS way
),

drawn AS (
    SELECT
        *,
        CASE WHEN u_order < 0.1 AND variant <> '-' THEN variant[1] = answer
            ELSE 0.7 * u_family + 0.3 * u_question < 0.35 + $model / 50.0 END AS is_right,
        0.05 + 3 * abs(u_question - u_order) AS margin
    FROM asked
)

SELECT
    {REQUEST_KEY_SQL} AS request_key,
    * EXCLUDE (answer, u_family, u_question, u_order, is_right, margin),
    CASE WHEN u_order > 0.995 THEN 'too_long' ELSE 'ok' END AS status,
    CASE WHEN u_order <= 0.995 THEN
        CASE WHEN is_right = (answer = 'A')
            THEN [-ln(1 + exp(-margin)), -ln(1 + exp(margin))]
            ELSE [-ln(1 + exp(margin)), -ln(1 + exp(-margin))] END
    END AS choice_logprobs,
    40 AS prompt_tokens,
    2 AS completion_tokens,
    0.0 AS cost_usd,
    'generated' AS origin,
    'r0' AS run_id,
    TIMESTAMP '2026-01-01' AS created_at
FROM drawn
"""


# What a model gave to every request of a job: the shortest free text.
ANSWERED_SQL = f"""
SELECT
    {REQUEST_KEY_SQL} AS request_key,
    * EXCLUDE (number),
    $model_id AS model_id,
    1 AS attempt,
    'ok' AS status,
    'A' AS text,
    0.0 AS cost_usd,
    'generated' AS origin,
    'r0' AS run_id,
    TIMESTAMP '2026-01-01' AS created_at
FROM requests
"""


def make(folder: Path, rows: int) -> Lake:
    """Return a lake in a new folder with `rows` responses, rounded up to whole questions."""
    return _make(folder, -(-rows // (MODELS * len(WAYS))), MODELS)


def make_questions(folder: Path, questions: int) -> Lake:
    """Return a lake in a new folder with questions that nobody has answered."""
    return _make(folder, questions, 0)


def _make(folder: Path, questions: int, models: int) -> Lake:
    lake = open_lake(folder, create=True)
    with lake.run("synthetic") as run, duckdb.connect() as con:
        con.execute(f"CREATE TABLE questions AS {QUESTIONS_SQL}", {"questions": questions})
        con.execute("CREATE TABLE ways (reading VARCHAR, variant VARCHAR)")
        con.executemany("INSERT INTO ways VALUES (?, ?)", WAYS)
        _append(lake, con, "questions", "SELECT * EXCLUDE (number) FROM questions")
        for number in range(models):
            model, condition = identity(number)
            run.upsert("models", [model])
            run.upsert("conditions", [condition])
            _append(lake, con, "responses", RESPONSES_SQL, {
                "model": number,
                "model_id": model["model_id"],
                "condition": condition["condition_id"],
            })  # fmt: skip
    return lake


def identity(number: int) -> tuple[dict[str, str], dict[str, str]]:
    """Return the rows of one synthetic model and of its condition."""
    model = {"name": f"synthetic-{number:02d}", "engine": "imported", "base": f"synthetic-{number}"}
    model["model_id"] = model_id(model)
    condition = {"engine": "imported", "template": "t1", "sampling": "{}"}
    condition["model_id"] = model["model_id"]
    condition["condition_id"] = condition_id(condition)
    return model, condition


def new_requests(lake: Lake, rows: int) -> Grid:
    """Return requests that no lake of `make` holds: its questions under a further condition."""
    samples = _share(lake, rows, 1)
    _, condition = identity(MODELS)
    ways = [(condition["condition_id"], "letter", "AB", sample) for sample in range(samples)]
    return _grid(lake, rows, ways)


def finished_requests(lake: Lake, rows: int) -> Grid:
    """Return requests that the lake has answered: the letters, in both orders, of some models."""
    models = _share(lake, rows, 2)
    conditions = [identity(number)[1]["condition_id"] for number in range(models)]
    return _grid(lake, rows, [(c, "letter", v, 0) for c in conditions for v in ("AB", "BA")])


def _share(lake: Lake, rows: int, each: int) -> int:
    """Return how often questions are asked in `each` ways, so that they come to just `rows`."""
    with lake.reader("FROM questions") as con:
        [(questions,)] = con.execute("SELECT count(*) FROM questions").fetchall()
    least = -(-rows // (questions * each))
    return next(times for times in count(least) if rows % (times * each) == 0)


def _grid(lake: Lake, rows: int, ways: Sequence[tuple[str, str, str, int]]) -> Grid:
    query = "SELECT question_id, 2 AS n_choices FROM questions ORDER BY question_id LIMIT $limit"
    with lake.reader("FROM questions") as con:
        questions = con.sql(query, params={"limit": rows // len(ways)}).to_arrow_table()
    columns = dict(zip(WAY_COLUMNS, zip(*ways, strict=True), strict=True))
    return Grid(questions, pa.table({"n_choices": [2] * len(ways), **columns}))


def as_rows(requests: Grid) -> pa.Table:
    """Return all requests of a grid as rows."""
    return requests.rows(np.arange(requests.total))


def answer_all(lake: Lake, requests: Grid, model_id: str) -> None:
    """Let the lake hold an answer to every request."""
    with duckdb.connect() as con:
        con.register("requests", as_rows(requests))
        _append(lake, con, "responses", ANSWERED_SQL, {"model_id": model_id})


def answers(lake: Lake, rows: int) -> list[dict[str, Any]]:
    """Return answers to new requests as an engine gives them."""
    _, condition = identity(MODELS)
    with duckdb.connect() as con:
        con.register("requests", as_rows(new_requests(lake, rows)))
        query = f"SELECT * EXCLUDE (number), {REQUEST_KEY_SQL} AS request_key FROM requests"
        asked = con.sql(query).to_arrow_table().to_pylist()
    more = {"model_id": condition["model_id"], "attempt": 1, "status": "ok", "origin": "generated"}
    more |= {"run_id": "r0", "created_at": "2026-01-01T00:00:00"}
    drawn = {"choice_logprobs": [-0.25, -1.5], "prompt_tokens": 40, "completion_tokens": 2}
    return [{**row, **more, **drawn, "cost_usd": 0.0} for row in asked]


def write_csv(path: Path, rows: int) -> None:
    """Write questions with two options, and a model's reply to each, as a CSV file."""
    query = f"""
    SELECT 'Is statement ' || number || ' true?' AS question, 'yes' AS choice_a, 'no' AS choice_b,
        answer, concept, group_id, 'some-model' AS model,
        CASE WHEN hash(number) % 3 = 0 THEN 'The answer is (B).' ELSE answer END AS text
    FROM ({QUESTIONS_SQL})
    """
    with duckdb.connect() as con:
        found = con.sql(query, params={"questions": rows}).to_arrow_table()
    csv.write_csv(found, path)


def _append(
    lake: Lake,
    con: duckdb.DuckDBPyConnection,
    table: str,
    select: str,
    params: dict[str, object] | None = None,
) -> None:
    with lake.writing():
        segment = segments.write(lake.path, table, _sorted(con, table, select, params))
        lake.ledger.list_segment(segment)


def _sorted(
    con: duckdb.DuckDBPyConnection, table: str, select: str, params: dict[str, object] | None
) -> Iterator[pa.Table]:
    schema = arrow_schema(table)
    found = con.sql(select, params=params).columns
    columns = ", ".join(n if n in found else f"NULL AS {n}" for n in schema.names)
    query = f"SELECT {columns} FROM ({select}) ORDER BY {schema.names[0]}"
    for batch in con.sql(query, params=params).to_arrow_reader(20_480 * 5):
        yield pa.Table.from_batches([batch]).cast(schema)


if __name__ == "__main__":
    target, size = Path(sys.argv[1]), int(sys.argv[2])
    if target.suffix == ".csv":
        write_csv(target, size)
    else:
        (make_questions if sys.argv[3:] else make)(target, size).close()
