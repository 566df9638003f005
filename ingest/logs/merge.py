"""New rows against each other and against the lake: what is new, said again, or contradicts.

A failed answer gives way to one that was given later: that is how tools retry. Two different
answers under one key are refused, as are two values of one scorer for one answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import polars as pl

from ingest.logs.rows import SCORE_VERSION, Rows
from warehouse.errors import InputError

_SAID = ("status", "text", "choice_logprobs")
_SCORED = ("value", "label")
_REMEDY = (
    "If these are two runs, name one apart with --model or --dataset; if one log is a copy with "
    "other scores, bring in that one alone, into a lake that does not hold the other."
)


@dataclass(frozen=True)
class Merged:
    """Rows to write, and how many samples repeat or lost to another answer under their key."""

    responses: pl.DataFrame
    scores: pl.DataFrame
    repeated: int
    given_way: int


def merge(rows: Rows, con: duckdb.DuckDBPyConnection) -> Merged:
    """Return the rows that hold beside each other and beside the lake.

    Raises:
        InputError: another answer or another score under a key, naming both files.
    """
    answers = rows.responses.with_row_index("answer")
    kept, given_way = _without_retried(answers)
    first = kept.unique("request_key", keep="first", maintain_order=True)
    _refuse_two(kept, first, ["request_key"], _SAID, "answers")
    stored = _stored(con, first)
    held = stored.filter((pl.col("stored_status") != "failed") & (pl.col("status") == "failed"))
    _refuse_stored(stored)
    first = _attempts(first, stored).join(held, on="request_key", how="anti")
    scores = _scores(rows.scores, kept, first, con)
    return Merged(first, scores, kept.height - kept["request_key"].n_unique(),
                  given_way + held.height)  # fmt: skip


def _without_retried(answers: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    failed = pl.col("status") == "failed"
    retried = failed & (~failed).any().over("request_key")
    kept = answers.filter(~retried)
    return kept, answers.height - kept.height


def _refuse_two(
    rows: pl.DataFrame, first: pl.DataFrame, key: list[str], said: tuple[str, ...], what: str
) -> None:
    if first.height == rows.height:
        return
    both = rows.join(first, on=key, suffix="_first", nulls_equal=True)
    differ = pl.any_horizontal(pl.col(n).ne_missing(pl.col(f"{n}_first")) for n in said)
    odd = both.filter(differ & ((pl.col("status") != "failed") if "status" in said else True))
    if odd.height:
        ends = ("_first", "")
        one, two = (f"{odd[f'source_file{e}'][0]}, sample {odd[f'place{e}'][0]}" for e in ends)
        raise InputError(f"{one} and {two}: two different {what} under one key. {_REMEDY}")


def _stored(con: duckdb.DuckDBPyConnection, rows: pl.DataFrame) -> pl.DataFrame:
    """Return what the lake holds under the rows' keys."""
    con.register("incoming", rows.select("request_key", "source_file", "place", *_SAID))
    differ = " OR ".join(f"i.{name} IS DISTINCT FROM r.{name}" for name in _SAID)
    found: pl.DataFrame = con.sql(
        "SELECT i.request_key, i.source_file, i.place, i.status, r.status AS stored_status,"
        f" r.attempt, ({differ}) AS differs"
        " FROM incoming AS i JOIN responses AS r USING (request_key)"
    ).pl()
    con.unregister("incoming")
    return found


def _refuse_stored(stored: pl.DataFrame) -> None:
    odd = stored.filter(
        "differs", pl.col("status") != "failed", pl.col("stored_status") != "failed"
    ).sort("source_file", "place")
    if odd.height:
        raise InputError(
            f"{odd['source_file'][0]}, sample {odd['place'][0]}: the lake holds another answer to "
            f"this question by this model under the same conditions and epoch. {_REMEDY}"
        )


def _attempts(rows: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """Return rows with the attempt that they are: one more than a failed one in the lake."""
    retry = (pl.col("stored_status") == "failed") & (pl.col("status") != "failed")
    attempts = stored.select("request_key", attempt=pl.col("attempt") + retry.cast(pl.Int32))
    found = rows.join(attempts, on="request_key", how="left", maintain_order="left")
    return found.with_columns(pl.col("attempt").fill_null(1).cast(pl.Int32))


def _scores(
    scores: pl.DataFrame, kept: pl.DataFrame, first: pl.DataFrame, con: duckdb.DuckDBPyConnection
) -> pl.DataFrame:
    """Return rows of `scores` of the answers that are kept."""
    whose = kept.select("answer", "request_key", "source_file", "place")
    keyed = scores.join(whose, on="answer", how="inner", maintain_order="left")
    keyed = keyed.join(first.select("request_key", "attempt"), on="request_key", how="inner",
                       maintain_order="left")  # fmt: skip
    once = keyed.unique(["request_key", "scorer"], keep="first", maintain_order=True)
    _refuse_two(keyed, once, ["request_key", "scorer"], _SCORED, "scores")
    _refuse_stored_scores(once, con)
    return once.select(
        "request_key", "scorer", "value", "label", "reason", "detail", "attempt",
        version=pl.lit(SCORE_VERSION, pl.Int32), valid=pl.col("value").is_not_null(),
    )  # fmt: skip


def _refuse_stored_scores(scores: pl.DataFrame, con: duckdb.DuckDBPyConnection) -> None:
    con.register("incoming", scores.drop("detail", "reason"))
    differ = " OR ".join(f"i.{name} IS DISTINCT FROM s.{name}" for name in _SCORED)
    clash = con.sql(
        "SELECT i.source_file, i.place, i.scorer FROM incoming AS i"
        " JOIN scores AS s ON s.request_key = i.request_key AND s.scorer = i.scorer"
        f" AND s.attempt = i.attempt WHERE {differ} ORDER BY ALL LIMIT 1"
    ).fetchall()
    con.unregister("incoming")
    if clash:
        file, place, scorer = clash[0]
        raise InputError(
            f"{file}, sample {place}: the lake holds another value of {scorer} for this answer. "
            f"{_REMEDY}"
        )
