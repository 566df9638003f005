"""The stored results as ordinary rows: questions, imported answers and predictions, scores.

The file holds a string, an answer to it and whether a prediction of it was right. It holds neither
the prompts nor the predictions' texts. So questions show the string under the name of its task
(they are not what the models saw), and a prediction is a response of reading `score`: without
text, under a condition that names its target, with the score `introspection/predicted_correctly`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from ingest.introspection.rows import OBJECT
from ingest.introspection.stored import Stored
from ingest.introspection.taskset import Given
from ingest.responses import keyed
from warehouse.keys import canonical, condition_id, model_id, question_id

Row = dict[str, Any]

DATASET = "introspection/results"
LICENCE = "not stated by the repository"
SCORER = "introspection/predicted_correctly"
# What a model judged; everything else is a function of the answer, which is there.
JUDGED = ("main_character_name", "syllable_count", "sentiment")

_VERSION = 1


@dataclass(frozen=True)
class ResultRows:
    """Rows of five tables."""

    models: list[Row]
    conditions: list[Row]
    questions: list[Row]
    responses: pl.DataFrame
    scores: pl.DataFrame


def result_rows(stored: Stored) -> ResultRows:
    """Return the rows of stored results; an item that stands in several blocks is one item."""
    items = _questions_of(_items(stored))
    meta, *others = items["meta_model"].unique().to_list()
    assert not others
    targets = items["object_model"].unique(maintain_order=True).to_list()
    models = {name: _model(name) for name in (*targets, meta)}
    answering = {name: _condition(models[name], {}) for name in targets}
    predicting = {name: _condition(models[meta], {"target": name}) for name in targets}
    objects = _responses(_once(items), answering, "object_id", "text", stored.file)
    silent = items.with_columns(text=pl.lit(None, pl.String))
    predictions = _responses(silent, predicting, "question_id", "score", stored.file)
    kept = [name for name in objects.columns if name in _RESPONSE]
    return ResultRows(
        list(models.values()),
        [*answering.values(), *predicting.values()],
        _questions(items, stored),
        pl.concat([objects.select(kept), predictions.select(kept)]),
        pl.concat([_judgements(items, objects), _predicted(predictions)]),
    )


_RESPONSE = {
    "request_key", "question_id", "condition_id", "model_id", "variant", "reading", "sample_index",
    "attempt", "status", "text", "source_file", "origin",
}  # fmt: skip


def _items(stored: Stored) -> pl.DataFrame:
    """Return one row an item, with the blocks and rows that it stands in."""
    same = ("object_model", "meta_model", "task", "string", "property", "correct", "answer", "text")
    return stored.items.group_by(*same, maintain_order=True).agg(
        pl.col("block").alias("blocks"), pl.col("row").alias("rows")
    )


def _questions_of(items: pl.DataFrame) -> pl.DataFrame:
    asked = [
        (_id(task, string), _id(task, string, name))
        for task, string, name in items.select("task", "string", "property").iter_rows()
    ]
    return items.with_columns(
        pl.Series("object_id", [about for about, _ in asked]),
        pl.Series("question_id", [own for _, own in asked]),
    )


def _id(task: str, string: str, wanted: str | None = None) -> str:
    return question_id(DATASET, _messages(task, string, wanted), [])


def _messages(task: str, string: str, wanted: str | None) -> list[dict[str, str]]:
    about = f"Task {task}" if wanted is None else f"Task {task}, asked for {wanted}"
    return [{"role": "system", "content": about}, {"role": "user", "content": string}]


def _questions(items: pl.DataFrame, stored: Stored) -> list[Row]:
    rows: dict[str, Row] = {}
    for item in items.iter_rows(named=True):
        rows.setdefault(item["object_id"], _question(item, None, stored))
        rows.setdefault(item["question_id"], _question(item, item["property"], stored))
    return list(rows.values())


def _question(item: Row, wanted: str | None, stored: Stored) -> Row:
    about = wanted is not None
    return {
        "question_id": item["question_id"] if about else item["object_id"],
        "dataset": DATASET,
        "concept": wanted or OBJECT,
        "task": item["task"],
        "split": "val",
        "group_id": Given(item["string"], "val").group,
        "group_kind": "string",
        "messages": canonical(_messages(item["task"], item["string"], wanted)),
        "choices": [],
        "answer": None,
        "source_file": stored.file,
        "source_row": item["rows"][0],
        "source_digest": stored.digest,
        "licence": LICENCE,
        "property": wanted,
        "object_id": item["object_id"] if about else None,
        "metadata": canonical({"string": item["string"], "prompt_known": False}),
    }


def _once(items: pl.DataFrame) -> pl.DataFrame:
    return items.unique(["object_model", "object_id"], keep="first", maintain_order=True)


def _model(name: str) -> Row:
    row: Row = {"name": name, "engine": "imported", "base": name}
    return {"model_id": model_id(row), **row}


def _condition(model: Row, sampling: Row) -> Row:
    row: Row = {
        "model_id": model["model_id"],
        "engine": "imported",
        "template": "imported",
        "sampling": canonical(sampling),
    }
    return {"condition_id": condition_id(row), **row}


def _responses(
    items: pl.DataFrame, conditions: dict[str, Row], question: str, reading: str, file: str
) -> pl.DataFrame:
    ids = {name: row["condition_id"] for name, row in conditions.items()}
    models = {name: row["model_id"] for name, row in conditions.items()}
    asked = items.with_columns(
        question_id=pl.col(question),
        condition_id=pl.col("object_model").replace_strict(ids),
        model_id=pl.col("object_model").replace_strict(models),
        variant=pl.lit("-"),
        reading=pl.lit(reading),
        sample_index=pl.lit(0, pl.Int32),
        attempt=pl.lit(1, pl.Int32),
        status=pl.lit("ok"),
        source_file=pl.lit(file),
        origin=pl.lit("imported"),
    )
    return keyed(asked)


def _judgements(items: pl.DataFrame, objects: pl.DataFrame) -> pl.DataFrame:
    """Return what a judge said of the answers, as the file has it."""
    judged = items.filter(pl.col("property").is_in(JUDGED)).join(
        objects.select("object_model", "object_id", "request_key"), on=["object_model", "object_id"]
    )
    return judged.select(
        "request_key",
        pl.concat_str(pl.lit("property:"), "property").alias("scorer"),
        pl.lit(_VERSION, pl.Int32).alias("version"),
        pl.lit(None, pl.Float64).alias("value"),
        pl.col("answer").str.strip_chars().str.to_lowercase().alias("label"),
        pl.lit(True).alias("valid"),
        pl.lit(canonical({"judge": None, "known_from": "the results file"})).alias("detail"),
        pl.lit(1, pl.Int32).alias("attempt"),
    )


def _predicted(predictions: pl.DataFrame) -> pl.DataFrame:
    details = [
        canonical(dict(zip(("predictor", "target", "actual", "blocks", "rows"), row, strict=True)))
        for row in predictions.select(
            "meta_model", "object_model", "answer", "blocks", "rows"
        ).iter_rows()
    ]
    return predictions.select(
        "request_key",
        pl.lit(SCORER).alias("scorer"),
        pl.lit(_VERSION, pl.Int32).alias("version"),
        pl.col("correct").cast(pl.Float64).alias("value"),
        pl.lit(None, pl.String).alias("label"),
        pl.lit(True).alias("valid"),
        pl.Series("detail", details, dtype=pl.String),
        pl.lit(1, pl.Int32).alias("attempt"),
    )
