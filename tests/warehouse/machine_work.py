"""What the workers of the state machine do: one command each, killed at a step where asked."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb  # noqa: F401  imported before forking
import polars  # noqa: F401  imported before forking

from tests.samples import answer, condition, question, requests
from tests.warehouse.faults import Shim, kill_at
from warehouse import check, compaction, views
from warehouse.lake import open_lake


def _killed_at(step: str, lake: Path, command: Callable[[], None]) -> None:
    """Do a command, in this forked process, under a shim that kills it at a step (0: never)."""
    signal.alarm(600)
    views.analysis_views = dict  # type: ignore[assignment]
    Shim(lake, kill_at(int(step))).install()
    command()


def ingest(lake: str, notes: str, step: str, first: str, last: str) -> None:
    """Ingest a range of questions and note those that are kept."""

    def command() -> None:
        some = [question(i) for i in range(int(first), int(last))]
        with open_lake(lake, create=True).run("ingest") as run:
            run.append("questions", some)
            _note(notes, "kept", (q["question_id"] for q in some))

    _killed_at(step, Path(lake), command)


def generate(lake: str, notes: str, step: str, first: str, last: str, answered: str) -> None:
    """Plan a range of questions and answer the first of what is left, sealing in between."""

    def command() -> None:
        some = [question(i) for i in range(int(first), int(last))]
        with open_lake(lake, create=True).run("generate responses") as run:
            model_id, condition_id = condition(run)
            todo = run.plan(requests(some, condition_id)).rows()
            _note(notes, "asked", (row["request_key"] for row in todo))
            todo = todo[: int(answered)]
            for start in range(0, len(todo), 3):
                batch = todo[start : start + 3]
                run.record([answer(row, model_id) for row in batch])
                _note(notes, "kept", (row["request_key"] for row in batch))
                run.seal()

    _killed_at(step, Path(lake), command)


def compact(lake: str, notes: str, step: str) -> None:
    """Compact every table."""

    def command() -> None:
        opened = open_lake(lake, create=True)
        with opened.run("lake compact"), opened.writing():
            compaction.compact_all(opened)

    _killed_at(step, Path(lake), command)


def repair(lake: str, notes: str, step: str) -> None:
    """Mend what can be mended."""
    _killed_at(step, Path(lake), lambda: check.repair(Path(lake)) and None)


def _note(notes: str, what: str, keys: Iterable[str]) -> None:
    with open(notes, "a") as file:
        file.writelines(f"{what} {key}\n" for key in keys)
