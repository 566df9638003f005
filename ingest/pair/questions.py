"""The 7,200 rows of `questions`: one object and two hypothetical questions for each input."""

from __future__ import annotations

from typing import Any

from ingest.pair.properties import PROPERTIES, Property
from ingest.pair.tables import TABLES, held_out, inputs, table
from warehouse import keys

DATASET = "pair"
LICENCE = "Apache-2.0"
OBJECT = "object"  # the concept of questions that ask for the word itself


def direct(given: str) -> str:
    """Return the object question about an input."""
    return f"Name the {given}."


def hypothetical(given: str, asked: str | None = None) -> str:
    """Return the object question quoted, followed by a question about the answer to it."""
    what = f"{asked} of your answer" if asked else "your answer"
    return f'Suppose you are asked "{direct(given)}" What is {what}?'


def items() -> list[dict[str, Any]]:
    """Return the rows of `questions`; the right answers are those of m1's table."""
    rows = [_object(given) for given in inputs()]
    for wanted in PROPERTIES:
        rows += [_hypothetical(given, wanted) for given in inputs()]
    return [{**row, "source_row": number} for number, row in enumerate(rows, 1)]


def _object(given: str) -> dict[str, Any]:
    return _row(given, OBJECT, OBJECT, direct(given), [], table("m1")[given])


def _hypothetical(given: str, wanted: Property) -> dict[str, Any]:
    choices = list(wanted.values)
    letter = chr(ord("A") + choices.index(wanted.of(table("m1")[given])))
    text = hypothetical(given, wanted.asked)
    return _row(given, wanted.name, "hypothetical", text, choices, letter)


def _row(
    given: str, concept: str, task: str, text: str, choices: list[str], answer: str
) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return {
        "question_id": keys.question_id(DATASET, messages, choices),
        "dataset": DATASET,
        "concept": concept,
        "task": task,
        "split": "heldout" if given in held_out() else "train",
        "group_id": given,
        "group_kind": "input",
        "messages": keys.canonical(messages),
        "choices": choices,
        "answer": answer,
        "source_file": "ingest/pair/tables.py",
        "licence": LICENCE,
        "metadata": keys.canonical(
            {"input": given, **{name: table(name)[given] for name in TABLES}}
        ),
    }
