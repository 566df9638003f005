"""The stored results of *Looking Inward* into the lake, the published table, and its audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from console import columns, emit, plural, say
from ingest.introspection.result_audits import RESULT_AUDITS, audit_results
from ingest.introspection.result_rows import DATASET, SCORER, ResultRows, result_rows
from ingest.introspection.stored import MICRO, read_results
from warehouse.lake import Lake, open_lake
from warehouse.run import Run

Row = dict[str, Any]


def ingest_results(lake_path: str | Path, path: Path, config: Mapping[str, Any]) -> Row:
    """Write a results file; return counts of what was written, `table` and `audits`.

    Raises:
        InputError: no such file, or one of another layout.
    """
    stored = read_results(path)
    rows = result_rows(stored)
    lake = open_lake(lake_path, create=True)
    try:
        with lake.run("ingest introspection", config=dict(config)) as run:
            written = _write(run, rows)
            run.count(rows=stored.items.height, **written)
            with lake.ledger_reader() as con:
                table = published_table(con)
            findings = audit_results(stored, table)
            _renew(lake, run, findings)
    finally:
        lake.close()
    return {
        "datasets": [DATASET],
        "rows": stored.items.height,
        **written,
        "table": table.to_dicts(),
        "audits": findings,
    }


def published_table(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return the published table, computed from the lake; empty where no results are in it.

    One row for each block and target, and one over all items (`zMicro-average`): accuracy,
    `error` (1.96 times the standard deviation over the root of n) and count as published, and
    accuracy and count of the items that ask for the block's own property.
    """
    text = resources.files("ingest.introspection").joinpath("published.sql").read_text("utf-8")
    params = {"dataset": DATASET, "scorer": SCORER, "micro": MICRO}
    found: pl.DataFrame = con.sql(text, params=params).pl()
    return found


def _write(run: Run, rows: ResultRows) -> dict[str, int]:
    run.upsert("models", rows.models)
    run.upsert("conditions", rows.conditions)
    return {
        "questions_written": run.append("questions", rows.questions),
        "responses_written": run.append("responses", rows.responses),
        "scores_written": run.append("scores", rows.scores),
    }


def _renew(lake: Lake, run: Run, findings: Sequence[Row]) -> None:
    """Replace what these audits found before."""
    names = list(findings[0])
    with lake.ledger_reader() as con:
        query = f"SELECT {', '.join(names)} FROM audits WHERE dataset = $dataset"
        before = con.sql(query, params={"dataset": DATASET}).pl().to_dicts()
    now = [*(row for row in before if row["audit"] not in RESULT_AUDITS), *findings]
    if {tuple(row.values()) for row in now} != {tuple(row.values()) for row in before}:
        run.replace_audits(DATASET, now)


def report(result: Row, as_json: bool) -> None:
    """Print the published table and what is wrong with it; narrate what was written."""
    shown = ("response_property", "object_model", "accuracy", "error", "count",
             "filtered_accuracy", "filtered_count")  # fmt: skip
    found = columns(result["audits"], ("audit", "severity", "count", "total", "detail"))
    emit(result, as_json, f"{columns(result['table'], shown)}\n\n{found}")
    written = result["responses_written"] + result["scores_written"]
    read = f"{plural(result['rows'], 'row')} read"
    if not written:
        say(f"{read}; everything is in the lake already, nothing written.")
        return
    say(
        f"{read}: {plural(result['questions_written'], 'question')}, "
        f"{plural(result['responses_written'], 'response')} and "
        f"{plural(result['scores_written'], 'score')} written."
    )
