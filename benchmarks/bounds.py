"""The least that a step must do, with nothing around it: `python -m benchmarks.bounds STEP …`.

No recovery, no ledger, no lock, no key check, no flush where the step needs none.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import synthetic
from benchmarks.timing import timed
from warehouse.grid import Grid
from warehouse.keys import REQUEST_KEY_SQL
from warehouse.lake import open_lake
from warehouse.schema import arrow_schema

ANTI_JOIN = (
    f"SELECT request_key FROM (SELECT {REQUEST_KEY_SQL} AS request_key FROM requests)"
    " ANTI JOIN (SELECT request_key FROM read_parquet($files)) USING (request_key)"
)
WITH_TEXTS = """
SELECT todo.*, messages, choices FROM todo JOIN read_parquet($files) USING (question_id)
ORDER BY number
"""


def anti_join(lake: str, rows: str) -> None:
    """Hash a plan's keys and anti-join them with the lake's files in DuckDB."""
    _anti_join(lake, synthetic.new_requests(open_lake(lake), int(rows)))


def anti_join_finished(lake: str, rows: str) -> None:
    """Do the same for requests that are all answered."""
    _anti_join(lake, synthetic.finished_requests(open_lake(lake), int(rows)))


def anti_join_job(lake: str, rows: str) -> None:
    """Do the same for the requests of a job."""
    _anti_join(lake, _job(lake, rows))


def _job(lake: str, rows: str) -> Grid:
    # What the other bounds do not need must not count as theirs.
    from benchmarks import ours
    from generate.responses import open_work

    return open_work(open_lake(lake), ours.job(int(rows))).planned.requests


def _anti_join(lake: str, requests: Grid) -> None:
    table = synthetic.as_rows(requests)
    with timed(), duckdb.connect() as con:
        con.register("requests", table)
        con.execute(f"SELECT count(*) FROM ({ANTI_JOIN})", {"files": _files(lake, "responses")})


def anti_join_and_insert(lake: str, rows: str, out: str) -> None:
    """Anti-join, then store the sorted keys in a bare SQLite table in one transaction."""
    requests = synthetic.new_requests(open_lake(lake), int(rows))
    table = synthetic.as_rows(requests)
    with timed(), duckdb.connect() as con:
        con.register("requests", table)
        query = con.execute(f"{ANTI_JOIN} ORDER BY 1", {"files": _files(lake, "responses")})
        _insert(Path(out), query.fetchall())


def all_as_rows(lake: str, rows: str, out: str) -> None:
    """Hold a job's requests as rows: hash, sort, store the keys, and read them with their texts."""
    requests = _job(lake, rows)
    with timed(), duckdb.connect() as con:
        con.register("requests", synthetic.as_rows(requests))
        query = f"SELECT *, {REQUEST_KEY_SQL} AS request_key FROM requests ORDER BY request_key"
        todo = con.sql(query).to_arrow_table()
        keys = todo.column("request_key")
        _insert(Path(out), ((k,) for part in keys.chunks for k in part.to_pylist()))
        con.register("todo", todo)
        for batch in con.sql(
            WITH_TEXTS, params={"files": _files(lake, "questions")}
        ).to_arrow_reader(8192):
            batch.to_pylist()


def _insert(path: Path, rows: Iterable[tuple[str]]) -> None:
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("CREATE TABLE t (k TEXT PRIMARY KEY) WITHOUT ROWID")
    db.execute("BEGIN")
    db.executemany("INSERT INTO t VALUES (?)", rows)
    db.execute("COMMIT")


def insert_bodies(lake: str, rows: str, out: str) -> None:
    """Store answers as JSON in a bare SQLite table, a transaction of 256 at a time."""
    answers = synthetic.answers(open_lake(lake), int(rows))
    path = Path(out)
    path.unlink(missing_ok=True)
    with timed():
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("CREATE TABLE t (k TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID")
        for start in range(0, len(answers), 256):
            db.execute("BEGIN")
            db.executemany(
                "INSERT INTO t VALUES (?, ?)",
                [(row["request_key"], json.dumps(row)) for row in answers[start : start + 256]],
            )
            db.execute("COMMIT")


def write_answers(lake: str, rows: str, out: str) -> None:
    """Turn answers held as JSON into one Parquet file with pyarrow."""
    bodies = [json.dumps(row) for row in synthetic.answers(open_lake(lake), int(rows))]
    schema = pa.schema([f for f in arrow_schema("responses") if f.name != "created_at"])
    with timed():
        table = pa.Table.from_pylist([json.loads(body) for body in bodies], schema)
        pq.write_table(table, out, compression="zstd")


def score_polars(lake: str, out: str) -> None:
    """Score log-probabilities of two options in plain Polars and write one Parquet file."""
    with timed():
        segments = Path(lake) / "segments"
        questions = pl.scan_parquet(segments / "questions/*.parquet").select(
            "question_id",
            a="answer",
            lengths=pl.col("choices").list.eval(pl.element().str.len_chars()),
        )
        first, second = (pl.col("choice_logprobs").list.get(i, null_on_oob=True) for i in (0, 1))
        cloze = pl.col("reading") == "cloze"
        by_length = [
            pl.when(cloze).then(value / pl.col("lengths").list.get(i)).otherwise(value)
            for i, value in enumerate((first, second))
        ]
        label = pl.when(pl.col("x") > pl.col("y")).then(pl.lit("A")).otherwise(pl.lit("B"))
        (
            pl.scan_parquet(segments / "responses/*.parquet")
            .select("request_key", "question_id", "reading", "variant", "status", "choice_logprobs")
            .join(questions, on="question_id")
            .with_columns(x=by_length[0], y=by_length[1], valid=pl.col("status") == "ok")
            .with_columns(label=pl.when("valid").then(label))
            .select(
                "request_key",
                "label",
                "valid",
                scorer="reading",
                value=(pl.col("label") == pl.col("a")).cast(pl.Float64),
                margin=pl.when(pl.col("a") == "A")
                .then(pl.col("x") - pl.col("y"))
                .otherwise(pl.col("y") - pl.col("x")),
                place=pl.col("variant").str.find(pl.col("label")),
            )
            .sink_parquet(out, compression="zstd")
        )


def check(lake: str) -> None:
    """Hash every segment's bytes, and every response's key with its columns in DuckDB."""
    with timed():
        for path in (Path(lake) / "segments").rglob("*.parquet"):
            with path.open("rb") as file:
                hashlib.file_digest(file, "sha256")
        query = f"SELECT count(*) FROM read_parquet($files) WHERE request_key <> {REQUEST_KEY_SQL}"
        with duckdb.connect() as con:
            con.execute(query, {"files": _files(lake, "responses")}).fetchall()


def ingest_polars(source: str, out: str) -> None:
    """Read a CSV file and write it as Parquet with Polars."""
    with timed():
        pl.read_csv(source).write_parquet(out, compression="zstd")


def report(lake: str, page: str, out: str) -> None:
    """Read the results and write as many bytes as the report has."""
    text = Path(page).read_text("utf-8")
    with timed():
        pl.read_parquet(Path(lake) / "segments/results/*.parquet").rows()
        Path(out).write_text(text, "utf-8")


def _files(lake: str, table: str) -> list[str]:
    return [str(path) for path in (Path(lake) / "segments" / table).glob("*.parquet")]


STEPS = {
    step.__name__: step
    for step in (
        anti_join, anti_join_finished, anti_join_job, anti_join_and_insert, all_as_rows,
        insert_bodies, write_answers, score_polars, check, ingest_polars, report,
    )
}  # fmt: skip

if __name__ == "__main__":
    STEPS[sys.argv[1]](*sys.argv[2:])
