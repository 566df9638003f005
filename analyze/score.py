"""Scores: what each response says, read once per version of the reader.

Three scorers, one a reading: `letter` and `cloze` compare the log-probabilities of the
options (no parser, deterministic), `parsed` reads free text strictly (`analyze.parse`). A
response that cannot be read gets a score without a value and with the reason; it is never
counted as wrong. Everything is set-based; only distinct texts pass through Python.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from analyze import parse
from analyze.views import query

# Raised with every change of what the scorer computes, so that responses are scored again.
LOGPROB_VERSION = 1


def unscored(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return the `scores` rows that the lake's current responses still lack."""
    logprobs = con.sql(
        query("score_logprobs"), params={"version": LOGPROB_VERSION}
    ).to_arrow_table()
    con.register("parsed_texts", _parsed_texts(con))
    texts = con.sql(query("score_texts"), params={"version": parse.VERSION}).to_arrow_table()
    con.unregister("parsed_texts")
    return pa.concat_tables([logprobs, texts.cast(logprobs.schema)])


def _parsed_texts(con: duckdb.DuckDBPyConnection) -> pa.Table:
    found = con.execute(query("unread_texts"), {"version": parse.VERSION}).fetchall()
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
