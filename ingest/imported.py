"""Answers from elsewhere into the lake: from a file's path to written rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from console import columns, emit, listing, plural, say
from ingest import responses as answers_of
from ingest.audits import audit
from ingest.columns import near_misses, parse_mapping, rename
from ingest.matching import Matched, match
from ingest.questions import KNOWN as QUESTION_COLUMNS
from ingest.questions import Source, choice_columns
from ingest.responses import Imported, answering, imported, typed
from ingest.store import write
from ingest.tables import read_table
from warehouse.errors import InputError
from warehouse.lake import Lake, open_lake

Row = dict[str, Any]

KNOWN = tuple(dict.fromkeys((*QUESTION_COLUMNS, *answers_of.KNOWN)))

_COMPARED = ("status", "text", "choice_logprobs")


def ingest_responses(
    lake_path: str | Path,
    file: Path,
    *,
    dataset: str | None = None,
    concept: str | None = None,
    model: str | None = None,
    mapping: Sequence[str] = (),
) -> Row:
    """Write a file of answers; return what was read and written, and findings on new questions.

    Raises:
        InputError: a file, column or row that cannot be used; then nothing was written.
    """
    frame, digest = read_table(file)
    frame = rename(frame, parse_mapping(mapping), KNOWN, file.name)
    frame = answering(frame, model, file.name)
    names = {*KNOWN, *choice_columns(frame)}
    unused = sorted(set(frame.columns) - names)
    # A file may bring `model_id` or `source_row` too; those columns are ours to make.
    frame = frame.drop(unused).with_row_index("source_row", 1)
    source = Source(file.stem if dataset is None else dataset, file.name, digest, concept)
    answers = typed(_with_dataset(frame, dataset, source.dataset), file.name)
    lake = open_lake(lake_path, create=True)
    try:
        with lake.reader() as con:
            matched = match(answers, con, source)
            rows = imported(matched.answers, file.name)
            _refuse_contradictions(con, rows.responses, file.name)
        named = {"dataset": dataset, "concept": concept, "model": model}
        config = {"file": file.name, "map": list(mapping)}
        config |= {name: value for name, value in named.items() if value is not None}
        result = _write(lake, matched, rows, config)
    finally:
        lake.close()
    return result | {"columns_not_kept": unused}


def _with_dataset(frame: pl.DataFrame, dataset: str | None, default: str) -> pl.DataFrame:
    if dataset is None and "dataset" in frame.columns:
        return frame.with_columns(pl.col("dataset").cast(pl.String).fill_null(default))
    return frame.with_columns(dataset=pl.lit(default))


def _refuse_contradictions(con: duckdb.DuckDBPyConnection, new: pl.DataFrame, name: str) -> None:
    """Raise InputError where the lake holds another answer under the same key."""
    con.register("incoming", new.select("request_key", "source_row", *_COMPARED))
    differ = " OR ".join(f"i.{name} IS DISTINCT FROM r.{name}" for name in _COMPARED)
    clash = con.sql(
        "SELECT i.source_row FROM incoming i JOIN responses r USING (request_key)"
        f" WHERE {differ} ORDER BY 1 LIMIT 1"
    ).fetchall()
    if clash:
        raise InputError(
            f"{name}, row {clash[0][0]}: the lake holds another answer to this question by this "
            "model under the same conditions and sample_index; number the samples apart or name "
            "the model differently."
        )


def _write(lake: Lake, matched: Matched, rows: Imported, config: Row) -> Row:
    findings: list[Row] = []
    with lake.run("ingest responses", config=config) as run:
        run.upsert("models", rows.models)
        run.upsert("conditions", rows.conditions)
        if matched.new:
            findings = audit([*siblings(lake, matched.new), *matched.new])
            write(lake, run, matched.new, findings)
        written = run.append("responses", rows.responses.drop("source_row"))
        run.count(rows=matched.answers.height, written=written)
    return {
        "rows": matched.answers.height,
        "repeated": rows.repeated,
        "written": written,
        "questions_written": len(matched.new),
        "answers": _summary(rows),
        "audits": findings,
    }


def siblings(lake: Lake, new: Sequence[Row]) -> list[Row]:
    """Return the lake's questions of the same data sets: findings are about a whole set."""
    query = "SELECT * FROM questions WHERE dataset IN (SELECT unnest($datasets))"
    datasets = sorted({row["dataset"] for row in new})
    with lake.reader(query) as con:
        rows: list[Row] = con.sql(query, params={"datasets": datasets}).pl().to_dicts()
    return rows


def _summary(rows: Imported) -> list[Row]:
    names = {row["model_id"]: row["name"] for row in rows.models}
    return (
        rows.responses.group_by("model_id", "reading", "status", maintain_order=True)
        .agg(answers=pl.len(), questions=pl.col("question_id").n_unique())
        .select(model=pl.col("model_id").replace_strict(names), reading="reading",
                status="status", questions="questions", answers="answers")
        .to_dicts()
    )  # fmt: skip


def report_responses(result: Row, as_json: bool) -> None:
    """Print what was read by model, and the audit of new questions; narrate what was written."""
    parts = [columns(result["answers"])]
    if result["audits"]:
        names = ("dataset", "concept", "audit", "severity", "count", "total", "detail")
        parts.append(columns(result["audits"], names))
    emit(result, as_json, "\n\n".join(parts))
    if result["columns_not_kept"]:
        say(f"Columns not kept: {listing(result['columns_not_kept'])}.")
        for question in near_misses(result["columns_not_kept"], KNOWN):
            say(question)
    if result["questions_written"]:
        say(f"{plural(result['questions_written'], 'new question')} written.")
    say(_outcome(result))


def _outcome(result: Row) -> str:
    read = f"{plural(result['rows'], 'row')} read"
    if not result["written"]:
        return f"{read}; all answers are in the lake already, nothing written."
    again = f", {result['repeated']:,} said again by another row" if result["repeated"] else ""
    return f"{read}{again}, {plural(result['written'], 'response')} written."
