"""Logs into the lake: all of them, or none where one cannot be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import duckdb
import polars as pl

from console import columns, emit, plural, say
from ingest.audits import audit
from ingest.imported import siblings
from ingest.logs.merge import Merged, merge
from ingest.logs.rows import Rows, rows_of
from ingest.logs.samples import Log
from ingest.store import write
from warehouse.errors import InputError
from warehouse.lake import Lake, open_lake
from warehouse.run import Run

Row = dict[str, Any]

_HELPERS = ("answer", "item", "place", "repeat", "dataset")


def bring(lake_path: str, command: str, logs: Sequence[Log], skipped: Sequence[str]) -> Row:
    """Write logs; return what was read, kept, left out and written.

    Args:
        lake_path: folder of the lake, made if it is not there.
        command: name of the command, for the run.
        logs: logs read whole.
        skipped: names of files that were no logs.

    Raises:
        InputError: no sample in any log, or rows that contradict each other or the lake.
    """
    if not any(log.samples for log in logs):
        names = ", ".join(log.source.file for log in logs[:3])
        raise InputError(f"{names}: no samples were logged, so there is nothing to bring in.")
    lake = open_lake(lake_path, create=True)
    try:
        with lake.ledger_reader() as con:
            rows = rows_of([log for log in logs if log.samples], con)
            merged = merge(rows, con)
            new = _new_questions(rows.questions, con)
        written = _write(lake, command, logs, merged, new)
    finally:
        lake.close()
    return _result(logs, rows, merged, skipped) | written


def _new_questions(questions: Sequence[Row], con: duckdb.DuckDBPyConnection) -> list[Row]:
    """Return the questions that the lake does not hold; the first log to ask one describes it."""
    asked = pl.DataFrame(
        {
            "question_id": [row["question_id"] for row in questions],
            "wanted": [row["answer"] if row["choices"] else None for row in questions],
        },
        schema={"question_id": pl.String, "wanted": pl.String},
    )
    con.register("asked", asked)
    found = con.sql(
        "SELECT question_id, answer, wanted FROM asked JOIN questions USING (question_id)"
    ).fetchall()
    con.unregister("asked")
    for key, stored, wanted in found:
        if None not in (stored, wanted) and stored != wanted:
            row = next(row for row in questions if row["question_id"] == key)
            raise InputError(
                f"{row['source_file']}, sample {row['source_row']}: the right option is {wanted} "
                f"here and {stored} in the lake; name the data set differently with --dataset."
            )
    known = {key for key, _, _ in found}
    return [row for row in questions if row["question_id"] not in known]


def _write(
    lake: Lake, command: str, logs: Sequence[Log], merged: Merged, new: Sequence[Row]
) -> Row:
    described = [
        {"file": log.source.file, "digest": log.source.digest, "header": log.header} for log in logs
    ]
    with lake.run(command, config={"logs": described}) as run:
        run.upsert("models", _once("model_id", [log.model for log in logs]))
        run.upsert("conditions", _once("condition_id", [log.condition for log in logs]))
        findings = _ask(lake, run, new)
        responses = merged.responses.drop(_HELPERS).with_columns(origin=pl.lit("imported"))
        counts = {
            "questions_written": len(new),
            "responses_written": run.append("responses", responses),
            "scores_written": run.append("scores", merged.scores),
        }
        run.count(**counts)
    return {**counts, "audits": findings}


def _ask(lake: Lake, run: Run, new: Sequence[Row]) -> list[Row]:
    if not new:
        return []
    findings = audit([*siblings(lake, new), *new])
    write(lake, run, new, findings)
    return findings


def _once(key: str, rows: Sequence[Row]) -> list[Row]:
    return list({row[key]: row for row in rows}.values())


def _result(logs: Sequence[Log], rows: Rows, merged: Merged, skipped: Sequence[str]) -> Row:
    not_kept: Counter[str] = sum((log.not_kept for log in logs), Counter())
    return {
        "logs": len(logs),
        "samples": sum(len(log.samples) for log in logs),
        "questions": len(rows.questions),
        "repeated": merged.repeated,
        "given_way": merged.given_way,
        "sharing_a_question": rows.shared,
        "several_right_answers": rows.ambiguous,
        "not_kept": dict(not_kept),
        "files_skipped": list(skipped),
        "notes": [note for log in logs for note in log.notes],
        "answers": _answers(logs),
        "scores": _scores(logs),
    }


def _answers(logs: Sequence[Log]) -> list[Row]:
    counted = Counter(
        (log.source.dataset, log.model["name"], sample.reading, sample.status)
        for log in logs
        for sample in log.samples
    )
    names = ("dataset", "model", "reading", "status")
    return [
        dict(zip(names, key, strict=True)) | {"samples": n} for key, n in sorted(counted.items())
    ]


def _scores(logs: Sequence[Log]) -> list[Row]:
    """Return the mean of every scorer over the samples read, as the tool's header gives it."""
    values: dict[tuple[str, str, str, str], list[float | None]] = {}
    for log in logs:
        for sample in log.samples:
            for score in sample.scores:
                key = (log.source.file, log.source.dataset, log.model["name"], score.scorer)
                values.setdefault(key, []).append(score.value)
    return [_mean(key, found) for key, found in values.items()]


def _mean(key: tuple[str, str, str, str], found: Sequence[float | None]) -> Row:
    numbers = [value for value in found if value is not None]
    return {
        **dict(zip(("file", "dataset", "model", "scorer"), key, strict=True)),
        "scored": len(numbers),
        "no_number": len(found) - len(numbers),
        "mean": sum(numbers) / len(numbers) if numbers else None,
    }


def report(result: Row, as_json: bool) -> None:
    """Print answers and scores as tables; narrate what was left out and written."""
    parts = [columns(result["answers"])]
    if result["scores"]:
        names = ("file", "model", "scorer", "scored", "no_number", "mean")
        parts.append(columns(result["scores"], names))
    emit(result, as_json, "\n\n".join(parts))
    for sentence in _narrated(result):
        say(sentence)


def _narrated(result: Row) -> list[str]:
    told = list(result["notes"])
    told += [f"Left in the logs: {what} of {plural(n, 'sample')}."
             for what, n in result["not_kept"].items()]  # fmt: skip
    if result["files_skipped"]:
        told.append(f"No logs, not read: {', '.join(result['files_skipped'][:6])}.")
    if result["sharing_a_question"]:
        told.append(
            f"{result['sharing_a_question']:,} samples ask what another sample asks too; they "
            "count as further answers to one question."
        )
    if result["several_right_answers"]:
        told.append(
            f"{plural(result['several_right_answers'], 'question')} with several right answers in "
            "the logs: none of them is kept as the right one."
        )
    if result["given_way"]:
        told.append(f"{plural(result['given_way'], 'failed sample')} gave way to a later answer.")
    return [*told, _outcome(result)]


def _outcome(result: Row) -> str:
    read = f"{plural(result['samples'], 'sample')} in {plural(result['logs'], 'log')} read"
    if not (result["responses_written"] or result["scores_written"]):
        return f"{read}; everything is in the lake already, nothing written."
    again = f", {result['repeated']:,} of them twice" if result["repeated"] else ""
    return (
        f"{read}{again}: {plural(result['questions_written'], 'question')}, "
        f"{plural(result['responses_written'], 'response')} and "
        f"{plural(result['scores_written'], 'score')} written."
    )
