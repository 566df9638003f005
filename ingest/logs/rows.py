"""Logs into rows: questions, responses and scores with their keys, built in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa

from ingest.logs.samples import Log, Sample
from ingest.responses import keyed
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
_ONE_QUESTION = ["question_id", "variant", "reading", "condition_id"]


@dataclass(frozen=True)
class Rows:
    """Rows of all tables; `scores.answer` counts the rows of `responses` from 0.

    `shared` counts samples whose question another item of the same log asks too.
    """

    questions: list[Row]
    responses: pl.DataFrame
    scores: pl.DataFrame
    shared: int


def rows_of(logs: Sequence[Log]) -> Rows:
    """Return the rows of logs; a question is described by the first sample that asks it."""
    questions: dict[str, Row] = {}
    ids = [_ask(questions, log, sample) for log in logs for sample in log.samples]
    frame = pl.concat([_answers(log) for log in logs]).with_columns(
        pl.Series("question_id", ids, dtype=pl.String)
    )
    numbered, shared = _numbered(frame)
    return Rows(list(questions.values()), keyed(numbered), _scores(logs), shared)


def _ask(questions: dict[str, Row], log: Log, sample: Sample) -> str:
    """Return the id of a sample's question, which is added if it is new."""
    key = question_id(log.source.dataset, sample.messages, sample.choices)
    known = questions.get(key)
    if known is None:
        questions[key] = _question(key, log, sample)
    elif known["answer"] != sample.answer:
        # One prompt with several right answers has none that a letter could name.
        known["answer"] = None
    return key


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
    metadata = [canonical(sample.metadata) if sample.metadata else None for sample in samples]
    return frame.with_columns(
        pl.Series("metadata", metadata, dtype=pl.String),
        source_file=pl.lit(log.source.file),
        dataset=pl.lit(log.source.dataset),
        model_id=pl.lit(log.model["model_id"]),
        condition_id=pl.lit(log.condition["condition_id"]),
    )


def _numbered(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Return rows with `sample_index`: a question that several items ask counts on over them."""
    items = pl.col("item").n_unique().over(_ONE_QUESTION)
    width = (pl.col("repeat").max() + 1).over(_ONE_QUESTION)
    place = pl.col("item").rank("dense").over(_ONE_QUESTION).cast(pl.Int32) - 1
    shared = frame.select((items > 1).sum()).item()
    if not shared:
        return frame.with_columns(sample_index="repeat"), 0
    return frame.with_columns(sample_index=place * width + pl.col("repeat")), int(shared)


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
