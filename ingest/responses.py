"""A user's own answers: a frame with documented columns becomes models, conditions, responses.

| column | what it holds |
|---|---|
| `question_id`, or `question` and `choices` | the question, see `ingest.matching` |
| `model` | who answered |
| `text` | the raw reply; read as `text` |
| `choice_logprobs` | natural-log probability of each option, in stored order: a list or its JSON; read as `letter`, or as `cloze` where `variant` is `-` |
| `variant` | order in which the options were shown, such as `BA`; as stored if absent |
| `sample_index` | number of the sample; counted in file order if absent |
| `status`, `error` | `ok` if absent, `failed` for a row without an answer |
| `persona`, `system_prompt`, and `temperature`, `top_p`, `top_k`, `max_tokens`, `seed` | how it was asked: rows that differ here are other conditions |
| `prompt_tokens`, `completion_tokens`, `cost_usd`, `finish_reason`, `served_model` | kept |

A row with both a text and log-probabilities becomes two responses.
"""  # noqa: E501

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from ingest.columns import demand, numbers, refuse_rows, texts
from warehouse.errors import InputError, nearest
from warehouse.keys import REQUEST_KEY_SQL, canonical, condition_id, model_id

Row = dict[str, Any]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
STATUSES = ("ok", "refused", "filtered", "truncated", "too_long", "failed", "unknown")
TEXTS = (
    "model", "text", "variant", "status", "error", "persona", "system_prompt",
    "finish_reason", "served_model",
)  # fmt: skip
SAMPLING = {
    "temperature": pl.Float64(),
    "top_p": pl.Float64(),
    "top_k": pl.Int64(),
    "max_tokens": pl.Int64(),
    "seed": pl.Int64(),
}
COUNTS = {
    "sample_index": pl.Int32(),
    "prompt_tokens": pl.Int32(),
    "completion_tokens": pl.Int32(),
    "cost_usd": pl.Float64(),
}
KNOWN = ("question_id", "dataset", "choice_logprobs", *TEXTS, *SAMPLING, *COUNTS)

_HOW = ["model", "persona", "system_prompt", *SAMPLING]
_SAMPLE = ["question_id", "variant", "reading", "condition_id"]
_SAID = ["status", "error", "text", "choice_logprobs"]
_LISTED = "must hold a list of numbers, such as [-0.1, -2.3]"
_KEPT = [*_SAID, "finish_reason", "prompt_tokens", "completion_tokens", "cost_usd", "served_model"]


@dataclass(frozen=True)
class Imported:
    """Rows of three tables; `repeated` counts rows that another row of the file says again."""

    models: list[Row]
    conditions: list[Row]
    responses: pl.DataFrame
    repeated: int


def answering(frame: pl.DataFrame, model: str | None, name: str) -> pl.DataFrame:
    """Return the file's rows with who answered; raise InputError if they hold no answers."""
    if model is not None:
        frame = frame.with_columns(model=pl.lit(model))
    demand(frame, ("model",), name)
    demand(frame, ("text", "choice_logprobs"), name)
    return frame


def typed(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the file's rows with every column of an answer, in its type.

    Raises:
        InputError: a value of the wrong kind, or a row without a model.
    """
    fields = {column: pl.String() for column in TEXTS} | SAMPLING | COUNTS
    columns = [_typed(frame, column, kind, name) for column, kind in fields.items()]
    frame = frame.with_columns(*columns, _logprobs(frame, name))
    refuse_rows(frame, pl.col("model").fill_null("").str.strip_chars() == "", name, "no model.")
    return _with_status(frame, name)


def _typed(frame: pl.DataFrame, column: str, kind: pl.DataType, name: str) -> pl.Series:
    if column not in frame.columns:
        return pl.Series(column, [None] * frame.height, dtype=kind)
    if kind == pl.String:
        return texts(frame, column, name)
    return numbers(frame, column, kind, name)


def _logprobs(frame: pl.DataFrame, name: str) -> pl.Series:
    kind = pl.List(pl.Float64)
    if "choice_logprobs" not in frame.columns:
        return pl.Series("choice_logprobs", [None] * frame.height, dtype=kind)
    series = frame["choice_logprobs"]
    if series.dtype == pl.String:
        rows = enumerate(series.str.strip_chars(), 1)
        listed = [_listed(text, f"{name}, row {row}") for row, text in rows]
        series = pl.Series("choice_logprobs", listed, dtype=kind, strict=True)
    try:
        return series.cast(kind)
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{name}: column 'choice_logprobs' {_LISTED}.") from error


def _listed(text: str | None, where: str) -> list[float | None] | None:
    """Return the log-probabilities of a JSON text; Python's -Infinity is one of them."""
    try:
        values = json.loads(text) if text else None
        if values is not None:
            values = [None if value is None else float(value) for value in values]
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InputError(f"{where}: column 'choice_logprobs' {_LISTED}.") from error
    return values


def _with_status(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    silent = pl.col("text").is_null() & pl.col("choice_logprobs").is_null()
    given = pl.col("status").str.strip_chars().str.to_lowercase()
    status = given.fill_null(pl.when(silent).then(pl.lit("failed")).otherwise(pl.lit("ok")))
    reason = pl.lit("the imported row has no answer")
    frame = frame.with_columns(
        status=status,
        error=pl.when(silent & given.is_null()).then(pl.col("error").fill_null(reason))
        .otherwise("error"),
    )  # fmt: skip
    odd = frame.filter(~pl.col("status").is_in(STATUSES))
    if odd.height:
        row, status_ = odd["source_row"][0], odd["status"][0]
        raise InputError(
            f"{name}, row {row}: unknown status '{status_}'.{nearest(status_, STATUSES)}"
        )
    refuse_rows(frame, silent & (pl.col("status") == "ok"), name, "status ok, but no answer.")
    return frame


def imported(answers: pl.DataFrame, name: str) -> Imported:
    """Return the rows of an import; `answers` are typed and matched to their questions.

    Raises:
        InputError: log-probabilities or a variant that do not fit the question's options, or
            two rows with one key and different content.
    """
    rows = _shown(_readings(answers), name)
    models, conditions, rows = _conditions(rows)
    rows = keyed(_numbered(rows, name))
    unique = _once(rows, name)
    kept = unique.select(
        "request_key", "condition_id", "model_id", "question_id", "variant", "reading",
        "sample_index", *_KEPT, "source_row", origin=pl.lit("imported"),
        attempt=pl.lit(1, pl.Int32),
    )  # fmt: skip
    return Imported(models, conditions, kept, rows.height - unique.height)


def _readings(answers: pl.DataFrame) -> pl.DataFrame:
    """Return one row a reading: log-probabilities and texts are separate responses."""
    scored = pl.col("choice_logprobs").is_not_null()
    reading = pl.when(pl.col("variant") == "-").then(pl.lit("cloze")).otherwise(pl.lit("letter"))
    unsampled = [pl.lit(None, kind).alias(column) for column, kind in SAMPLING.items()]
    letters = answers.filter(scored).with_columns(
        *unsampled, reading=reading, text=pl.lit(None, pl.String)
    )
    words = answers.filter(~scored | pl.col("text").is_not_null()).with_columns(
        reading=pl.lit("text"), choice_logprobs=pl.lit(None, pl.List(pl.Float64))
    )
    return pl.concat([letters, words])


def _shown(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return rows with a valid variant; check log-probabilities against the options."""
    letters = pl.lit(LETTERS).str.slice(0, pl.col("n_choices"))
    stored = pl.when(pl.col("n_choices") == 0).then(pl.lit("-")).otherwise(letters)
    given = pl.col("variant").str.strip_chars().str.to_uppercase()
    rows = rows.with_columns(variant=given.fill_null(stored), stored=stored)
    ordered = pl.col("variant").str.split("").list.sort().list.join("")
    wrong = (ordered != pl.col("stored")) & (pl.col("variant") != "-")
    why = "variant '{variant}' is not an order of the question's options {stored}."
    refuse_rows(rows, wrong, name, why)
    values = pl.col("choice_logprobs")
    why = "choice_logprobs {choice_logprobs} must be {n_choices} numbers, one an option."
    size = (values.list.len() != pl.col("n_choices")) | values.list.eval(
        pl.element().is_null() | pl.element().is_nan()
    ).list.any()
    refuse_rows(rows, size, name, why)
    why = "choice_logprobs {choice_logprobs} must be natural logarithms, none above 0."
    refuse_rows(rows, values.list.max() > 1e-6, name, why)
    return rows


def _conditions(rows: pl.DataFrame) -> tuple[list[Row], list[Row], pl.DataFrame]:
    """Return models, conditions, and the rows with their `model_id` and `condition_id`."""
    how = rows.select(_HOW).unique(maintain_order=True)
    conditions = [_condition(record) for record in how.iter_rows(named=True)]
    models = {row["model_id"]: row for row in map(_model, how["model"])}
    ids = {name: [row[name] for row in conditions] for name in ("model_id", "condition_id")}
    keys = how.with_columns(pl.Series(name, values) for name, values in ids.items())
    joined = rows.join(keys, on=_HOW, how="left", nulls_equal=True, maintain_order="left")
    return list(models.values()), conditions, joined


def _model(name: str) -> Row:
    row: Row = {"name": name, "engine": "imported", "base": name}
    return {"model_id": model_id(row), **row}


def _condition(record: Row) -> Row:
    row: Row = {
        "model_id": _model(record["model"])["model_id"],
        "engine": "imported",
        "template": "imported",
        "persona": record["persona"],
        "system_prompt": record["system_prompt"],
        "sampling": canonical({k: record[k] for k in SAMPLING if record[k] is not None}),
    }
    return {"condition_id": condition_id(row), **row}


def _numbered(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return rows with `sample_index`, counted in file order where the file gives none."""
    given = rows["sample_index"].is_not_null()
    if not given.any():
        return rows.with_columns(sample_index=pl.int_range(pl.len(), dtype=pl.Int32).over(_SAMPLE))
    why = "no sample_index, though other rows have one; give all of them or none."
    refuse_rows(rows, pl.col("sample_index").is_null(), name, why)
    refuse_rows(rows, pl.col("sample_index") < 0, name, "sample_index {sample_index} is negative.")
    return rows


def keyed(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with their `request_key`."""
    with duckdb.connect() as con:
        con.register("rows", rows.select(*_SAMPLE, "sample_index").with_row_index("place"))
        keys = con.sql(f"SELECT {REQUEST_KEY_SQL} AS request_key FROM rows ORDER BY place").pl()
    return rows.with_columns(keys["request_key"])


def _once(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return one row a key; two that differ are an error that names both."""
    repeated = rows.filter(pl.col("request_key").is_duplicated())
    for _, same in repeated.group_by("request_key", maintain_order=True):
        if same.select(_SAID).is_unique().any():
            first, second = same["source_row"][:2]
            raise InputError(
                f"{name}, rows {first} and {second}: two different answers for one question, "
                "model, variant and sample_index; number the samples apart."
            )
    return rows.unique("request_key", keep="first", maintain_order=True)
