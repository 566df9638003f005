"""Rows of `questions` from a set of tasks: one object question a string, and those about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from ingest.introspection.taskset import (
    STRING,
    Asked,
    Given,
    Message,
    Task,
    TaskSet,
    hypothetical_messages,
    object_messages,
)
from warehouse.keys import canonical, digest

OBJECT = "object"  # the concept of questions that ask for the answer itself


def frames(task_set: TaskSet) -> Iterator[pl.DataFrame]:
    """Return the questions task by task; a string that a task repeats is there once, first."""
    for task in task_set.tasks:
        about = _about(task_set, task)
        objects = _objects(task_set, task, about)
        asked = task_set.asked[task.name]
        parts = [_hypotheticals(task_set, task, one, about, objects) for one in asked]
        # The same question may arise from two properties that ask alike.
        yield pl.concat([objects, *parts]).unique("question_id", keep="first", maintain_order=True)


def _about(task_set: TaskSet, task: Task) -> pl.DataFrame:
    """Return what all questions about a string share."""
    columns: dict[str, list[Any]] = {
        "encoded": [canonical(given.text)[1:-1] for given in task.strings],
        "split": [given.split for given in task.strings],
        "group_id": [given.group for given in task.strings],
        "source_file": [given.file for given in task.strings],
        "source_row": [given.row for given in task.strings],
        "source_digest": [given.digest for given in task.strings],
    }
    strings = ("split", "group_id", "source_file", "source_digest")
    return pl.DataFrame(columns, schema_overrides=dict.fromkeys(strings, pl.String)).with_columns(
        dataset=pl.lit(task_set.dataset),
        task=pl.lit(task.name),
        group_kind=pl.lit("string"),
        licence=pl.lit(task_set.licence),
        choices=pl.lit([], pl.List(pl.String)),
    )


def _objects(task_set: TaskSet, task: Task, about: pl.DataFrame) -> pl.DataFrame:
    how = {"expects": task.expects, "prompts": task_set.prompts.name}
    metadata = [canonical({**_known(given), **how}) for given in task.strings]
    return _frame(task_set, task, about, object_messages(task_set.prompts, task)).with_columns(
        pl.Series("metadata", metadata, dtype=pl.String),
        pl.Series("answer", [given.target for given in task.strings], dtype=pl.String),
        concept=pl.lit(OBJECT),
        property=pl.lit(None, pl.String),
        object_id=pl.lit(None, pl.String),
    )


def _known(given: Given) -> dict[str, Any]:
    known = {"string": given.text, "target": given.target, "source": given.more}
    return {name: value for name, value in known.items() if value is not None}


def _hypotheticals(
    task_set: TaskSet, task: Task, asked: Asked, about: pl.DataFrame, objects: pl.DataFrame
) -> pl.DataFrame:
    messages = hypothetical_messages(task_set.prompts, task, asked)
    known = {"function": asked.function, "judge_prompt": asked.judge}
    more = {name: value for name, value in known.items() if value is not None}
    return _frame(task_set, task, about, messages).with_columns(
        metadata=pl.lit(canonical({"prompts": task_set.prompts.name, **more})),
        answer=pl.lit(None, pl.String),
        concept=pl.lit(asked.name),
        property=pl.lit(asked.name),
        object_id=objects["question_id"],
    )


def _frame(
    task_set: TaskSet, task: Task, about: pl.DataFrame, messages: Sequence[Message]
) -> pl.DataFrame:
    # JSON escapes character by character. So the JSON of a filled prompt is that of the prompt
    # with the JSON of the string in its places, and only these are joined for each row.
    shown = canonical(list(messages)).split(STRING)
    key = canonical([task_set.dataset, [[m["role"], m["content"]] for m in messages], []])
    keyed = key.split(STRING)
    strings = about["encoded"].to_list()
    return about.drop("encoded").with_columns(
        pl.Series("question_id", [digest(s.join(keyed), "q1_", 40) for s in strings]),
        pl.Series("messages", [s.join(shown) for s in strings]),
    )
