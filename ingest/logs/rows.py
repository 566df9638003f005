"""Logs into rows: questions, responses and scores with their keys, built in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa

from ingest.logs.numbering import numbered
from ingest.logs.samples import Log, Sample
from ingest.responses import keyed
from warehouse.errors import InputError
from warehouse.keys import canonical, question_id

Row = dict[str, Any]

SCORE_VERSION = 1

_PLAIN = pa.schema(
    {
        "item": pa.string(),
        "place": pa.int64(),
        "repeat": pa.int32(),
        "variant": pa.string(),
        "reading": pa.string(),
        "status": pa.string(),
        "error": pa.string(),
        "text": pa.string(),
        "choice_logprobs": pa.list_(pa.float64()),
        "finish_reason": pa.string(),
        "prompt_tokens": pa.int32(),
        "completion_tokens": pa.int32(),
        "cost_usd": pa.float64(),
        "served_model": pa.string(),
    }
)
_SCORE = pa.schema(
    {
        "answer": pa.uint32(),
        "scorer": pa.string(),
        "value": pa.float64(),
        "label": pa.string(),
        "reason": pa.string(),
        "detail": pa.string(),
    }
)


@dataclass(frozen=True)
class Rows:
    """Rows of all tables; `scores.answer` counts the rows of `responses` from 0.

    `shared` counts samples whose question another item asks too, `ambiguous` questions of which
    one log gives several right answers.
    """

    questions: list[Row]
    responses: pl.DataFrame
    scores: pl.DataFrame
    shared: int
    ambiguous: int


def rows_of(logs: Sequence[Log], con: duckdb.DuckDBPyConnection) -> Rows:
    """Return the rows of logs; a question is described by the first sample that asks it.

    Raises InputError where two logs give one question different right options.
    """
    questions: dict[str, Row] = {}
    ambiguous: set[str] = set()
    ids = [_ask(questions, ambiguous, log, sample) for log in logs for sample in log.samples]
    frame = pl.concat([_answers(log) for log in logs]).with_columns(
        pl.Series("question_id", ids, dtype=pl.String)
    )
    found, shared = numbered(frame, con)
    asked = list(questions.values())
    return Rows(asked, keyed(found), _scores(logs), shared.height, len(ambiguous))


def _ask(questions: dict[str, Row], ambiguous: set[str], log: Log, sample: Sample) -> str:
    """Return the id of a sample's question, which is added if it is new."""
    key = question_id(log.source.dataset, sample.messages, sample.choices)
    known = questions.get(key)
    if known is None:
        questions[key] = _question(key, log, sample)
    elif known["answer"] != sample.answer:
        if sample.choices and known["source_file"] != log.source.file:
            _refuse_two_answers(known, log, sample)
        # One prompt with several right answers has none that a letter could name.
        known["answer"] = None
        ambiguous.add(key)
    return key


def _refuse_two_answers(known: Row, log: Log, sample: Sample) -> None:
    if None not in (known["answer"], sample.answer):
        raise InputError(
            f"{log.source.file}, sample {sample.place}: the right option is {sample.answer} here "
            f"and {known['answer']} in {known['source_file']}, sample {known['source_row']}; bring "
            "them in one by one, and name the data set of one differently with --dataset."
        )


def _question(key: str, log: Log, sample: Sample) -> Row:
    return {
        "question_id": key,
        "dataset": log.source.dataset,
        "concept": log.source.concept or log.task,
        "task": log.task,
        "split": log.split,
        "group_id": sample.group or f"{log.task}/{sample.item}",
        "group_kind": sample.group_kind if sample.group else "stem",
        "messages": canonical(sample.messages),
        "choices": sample.choices,
        "answer": sample.answer,
        "source_file": log.source.file,
        "source_row": sample.place,
        "source_digest": log.source.digest,
        "licence": None,
        "metadata": canonical(sample.about) if sample.about else None,
    }


def _answers(log: Log) -> pl.DataFrame:
    samples = log.samples
    frame = _frame(([getattr(sample, name) for sample in samples] for name in _PLAIN.names), _PLAIN)
    metadata = [canonical({**sample.metadata, "repeat": sample.repeat}) for sample in samples]
    return frame.with_columns(
        pl.Series("metadata", metadata, dtype=pl.String),
        source_file=pl.lit(log.source.file),
        dataset=pl.lit(log.source.dataset),
        model_id=pl.lit(log.model["model_id"]),
        condition_id=pl.lit(log.condition["condition_id"]),
    )


def _scores(logs: Sequence[Log]) -> pl.DataFrame:
    rows = list(_score_rows(logs))
    return _frame(zip(*rows, strict=True) if rows else ([] for _ in _SCORE.names), _SCORE)


def _frame(columns: Iterable[Sequence[Any]], schema: pa.Schema) -> pl.DataFrame:
    # Polars takes a list of lists apart one by one; Arrow does not.
    arrays = [pa.array(values, f.type) for values, f in zip(columns, schema, strict=True)]
    frame = pl.from_arrow(pa.Table.from_arrays(arrays, schema=schema))
    assert isinstance(frame, pl.DataFrame)
    return frame


def _score_rows(logs: Sequence[Log]) -> Iterator[tuple[Any, ...]]:
    answers = (sample for log in logs for sample in log.samples)
    for place, sample in enumerate(answers):
        for score in sample.scores:
            detail = canonical(score.detail) if score.detail else None
            yield place, score.scorer, score.value, score.label, score.reason, detail
