"""Question rows and their audit into the lake, and what people see of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from console import columns, emit, plural, say
from ingest.audits import CONCEPT_AUDITS, DATASET_AUDITS, audit
from warehouse.lake import Lake, open_lake
from warehouse.run import Run

Row = dict[str, Any]

OWN_AUDITS = frozenset({*CONCEPT_AUDITS, *DATASET_AUDITS})

_FINDING = ("dataset", "concept", "audit", "severity", "count", "total", "example", "detail")


def ingest_questions(
    lake_path: str | Path, command: str, rows: Sequence[Row], config: Mapping[str, Any]
) -> Row:
    """Write question rows and their findings; return `datasets`, `rows`, `written`, `audits`.

    Rows are as the source has them; a repeated question is stored once, its first row.
    """
    findings = audit(rows)
    lake = open_lake(lake_path, create=True)
    try:
        with lake.run(command, config=config) as run:
            written = write(lake, run, rows, findings)
            run.count(rows=len(rows), written=written)
            for sentence in _left_over(lake, rows):
                say(sentence)
    finally:
        lake.close()
    datasets = list(dict.fromkeys(str(row["dataset"]) for row in rows))
    return {"datasets": datasets, "rows": len(rows), "written": written, "audits": findings}


def _left_over(lake: Lake, rows: Sequence[Row]) -> list[str]:
    """Return a sentence for each data set of which an earlier form of its file had more."""
    files = pl.DataFrame(
        [{name: row[name] for name in ("dataset", "source_file", "question_id")} for row in rows]
    )
    with lake.ledger_reader() as con:
        con.register("files", files)
        found = con.execute(
            "SELECT dataset, source_file, count(*) FROM questions"
            " SEMI JOIN files USING (dataset, source_file) ANTI JOIN files USING (question_id)"
            " GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    return [
        f"{plural(count, 'question')} of {dataset} stood in an earlier {file} and not in this one; "
        "what is in the lake stays there, is asked and counted. For a corrected set, name another "
        "data set."
        for dataset, file, count in found
    ]


def write(lake: Lake, run: Run, rows: Sequence[Row], findings: Sequence[Row]) -> int:
    """Write questions and findings within a run; return how many questions were new or changed."""
    written = run.append("questions", first_of_each(rows))
    before = _stored_findings(lake)
    for dataset in dict.fromkeys(row["dataset"] for row in rows):
        old = [row for row in before if row["dataset"] == dataset]
        renewed = {row["concept"] for row in rows if row["dataset"] == dataset} | {"*"}
        # A data set may come in several files, each of which renews its own concepts only;
        # the audits of its results are not ours.
        new = [r for r in old if r["concept"] not in renewed or r["audit"] not in OWN_AUDITS]
        new += [row for row in findings if row["dataset"] == dataset]
        if _as_set(new) != _as_set(old):
            run.replace_audits(dataset, new)
    return written


def first_of_each(rows: Sequence[Row]) -> list[Row]:
    """Return the first row of each question."""
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row["question_id"], row)
    return list(first.values())


def _stored_findings(lake: Lake) -> list[Row]:
    with lake.ledger_reader() as con:
        rows: list[Row] = con.sql(f"SELECT {', '.join(_FINDING)} FROM audits").pl().to_dicts()
    return rows


def _as_set(findings: Sequence[Row]) -> set[tuple[Any, ...]]:
    return {tuple(row[name] for name in _FINDING) for row in findings}


def report(result: Row, as_json: bool) -> None:
    """Print the audit as a table, or everything as JSON; narrate what was written."""
    names = ("dataset", "concept", "audit", "severity", "count", "total", "detail")
    emit(result, as_json, columns(result["audits"], names))
    say(outcome(result["rows"], result["written"], "question"))


def outcome(rows: int, written: int, noun: str) -> str:
    """Return how many rows were read and written, saying so when nothing changed."""
    if not written:
        return f"{plural(rows, noun)} read; all of them are in the lake already, nothing written."
    return f"{plural(rows, noun)} read, {written:,} new or changed and written."
