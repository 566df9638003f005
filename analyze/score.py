"""Scores: what each response says, read once per version of the reader.

Three scorers, one a reading: `letter` and `cloze` compare the log-probabilities of the
options (no parser, deterministic), `parsed` reads free text strictly (`analyze.parse`). A
response that cannot be read gets a score without a value and with the reason; it is never
counted as wrong. Everything is set-based; only distinct texts pass through Python.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from analyze import parse
from analyze.views import query

# Raised with every change of what the scorer computes, so that responses are scored again.
LOGPROB_VERSION = 1
# Rows held at a time, however many there are: of scores, and of replies with their texts.
SCORES_AT_ONCE = 500_000
TEXTS_AT_ONCE = 50_000


def unscored(con: duckdb.DuckDBPyConnection) -> pa.RecordBatchReader:
    """Return, batch by batch, the `scores` rows that the lake's current responses still lack."""
    logprobs = con.cursor().sql(query("score_logprobs"), params={"version": LOGPROB_VERSION})
    reader = logprobs.to_arrow_reader(SCORES_AT_ONCE)
    return pa.RecordBatchReader.from_batches(reader.schema, _batches(con, reader))


def _batches(
    con: duckdb.DuckDBPyConnection, logprobs: pa.RecordBatchReader
) -> Iterator[pa.RecordBatch]:
    yield from logprobs
    texts = con.cursor().sql(query("unread_texts"), params={"version": parse.VERSION})
    for unread in texts.to_arrow_reader(TEXTS_AT_ONCE):
        yield from _read_texts(con, unread).cast(logprobs.schema).to_batches()


def _read_texts(con: duckdb.DuckDBPyConnection, unread: pa.RecordBatch) -> pa.Table:
    con.register("unread", pa.Table.from_batches([unread]))
    distinct = con.execute("SELECT DISTINCT text, n_choices FROM unread WHERE text IS NOT NULL")
    con.register("parsed_texts", _parsed(distinct.fetchall()))
    try:
        return con.sql(query("score_texts"), params={"version": parse.VERSION}).to_arrow_table()
    finally:
        con.unregister("parsed_texts")
        con.unregister("unread")


def _parsed(found: list[tuple[str, int]]) -> pa.Table:
    replies = [parse.read(text, n_choices) for text, n_choices in found]
    return pa.table(
        {
            "text": pa.array([text for text, _ in found], pa.string()),
            "n_choices": pa.array([n for _, n in found], pa.int64()),
            "letter": pa.array([reply.letter for reply in replies], pa.string()),
            "core": pa.array([reply.core for reply in replies], pa.string()),
            "refuses": pa.array([reply.refuses for reply in replies], pa.bool_()),
        }
    )
