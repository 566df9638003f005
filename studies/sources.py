"""The sources that a study brings in, each a call of the package that reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from console import plural, say
from studies.sections import Ingest
from warehouse.errors import InputError
from warehouse.lake import Lake


def ingest(lake: Lake, step: Ingest, base: Path) -> None:
    """Bring one source into the lake, unless the lake holds it and the source is not at hand."""
    match step.source:
        case "starter" | "pair" | "selfconsciousness" | "questions":
            _questions(lake, step, base)
        case "sequences" | "introspection":
            _tasks(lake, step, base)
        case "responses":
            from ingest.imported import ingest_responses

            answers = ingest_responses(
                lake.path, _path(step, base), dataset=step.dataset, concept=step.concept,
                model=step.model, mapping=step.map,
            )  # fmt: skip
            say(f"ingest responses: {answers['rows']:,} rows, {answers['written']:,} new answers.")
        case "inspect" | "lm-eval":
            _logs(lake, step, base)


def _questions(lake: Lake, step: Ingest, base: Path) -> None:
    from ingest.store import ingest_questions

    command = f"ingest {step.source}"
    if step.source == "selfconsciousness" and step.path is None and _holds(lake, step.source):
        say(f"{command}: in the lake already.")
        return
    config = {"file": Path(step.path).name} if step.path else {}
    _tell(command, ingest_questions(lake.path, command, _rows(lake, step, base), config))


def _tell(command: str, done: dict[str, Any]) -> None:
    say(f"{command}: {plural(done['rows'], 'question')}, {done['written']:,} new or changed.")
    for found in done["audits"]:
        if found["severity"] != "info":
            where = f"{found['dataset']}, {found['concept']}"
            say(f"{found['severity'].capitalize()}: {where}: {found['detail']}")


def _tasks(lake: Lake, step: Ingest, base: Path) -> None:
    from ingest.introspection.bring import ingest_tasks

    command = f"ingest {step.source}"
    if step.source == "sequences":
        from ingest.sequences import task_set

        found = task_set()
    else:
        from ingest.introspection.clone import read_clone

        found = read_clone(_path(step, base), narrate=say)
    _tell(command, ingest_tasks(lake.path, command, found, {}))


def _rows(lake: Lake, step: Ingest, base: Path) -> list[dict[str, Any]]:
    match step.source:
        case "starter":
            from ingest.starter import items

            return items()
        case "pair":
            from ingest.pair import items

            return items()
        case "selfconsciousness":
            from ingest.selfconsciousness import source_rows

            return source_rows(base / step.path if step.path else None, lake.path, say)
    from ingest.questions import file_rows

    file = _path(step, base)
    name = file.stem if step.dataset is None else step.dataset
    return file_rows(file, name, step.concept, step.map, say)


def _logs(lake: Lake, step: Ingest, base: Path) -> None:
    from ingest.logs.inspect_ai.ingest import ingest_inspect
    from ingest.logs.lm_eval.ingest import ingest_lm_eval

    read = ingest_inspect if step.source == "inspect" else ingest_lm_eval
    done = read(
        str(lake.path), [_path(step, base)], dataset=step.dataset, concept=step.concept,
        model=step.model,
    )  # fmt: skip
    samples, logs = plural(done["samples"], "sample"), plural(done["logs"], "log")
    say(f"ingest {step.source}: {samples} of {logs}, {done['responses_written']:,} new answers.")


def _path(step: Ingest, base: Path) -> Path:
    if step.path is None:
        raise InputError(f"[[ingest]] source = '{step.source}' needs a path.")
    return base / step.path


def _holds(lake: Lake, dataset: str) -> bool:
    with lake.reader() as con:
        found = con.execute("SELECT 1 FROM questions WHERE dataset = ? LIMIT 1", [dataset])
        return bool(found.fetchall())
