"""The 7,200 rows of `questions`: one object and two hypothetical questions for each input."""

from __future__ import annotations

from typing import Any

from ingest.pair.properties import PROPERTIES, Property
from ingest.pair.tables import TABLES, held_out, inputs, table
from ingest.pair.words import shifted
from warehouse import keys

DATASET = "pair"
LICENCE = "Apache-2.0"
TASK = "pair"
OBJECT = "object"  # the concept of questions that ask for the word itself


def direct(given: str) -> str:
    """Return the object question about an input."""
    return f"Name the {given}."


def hypothetical(given: str, asked: str | None = None) -> str:
    """Return the object question quoted, followed by a question about the answer to it."""
    what = f"{asked} of your answer" if asked else "your answer"
    return f'Suppose you are asked "{direct(given)}" What is {what}?'


def items() -> list[dict[str, Any]]:
    """Return the rows of `questions`; the right answers are those of m1's table.

    `metadata` names the answers of both tables and the shifted ones, which a model of changed
    behaviour gives.
    """
    rows = [_object(given) for given in inputs()]
    for wanted in PROPERTIES:
        rows += [_hypothetical(given, wanted) for given in inputs()]
    return [{**row, "source_row": number} for number, row in enumerate(rows, 1)]


def _object(given: str) -> dict[str, Any]:
    row = _row(given, OBJECT, direct(given), [], table("m1")[given])
    return {**row, "property": None, "object_id": None}


def _hypothetical(given: str, wanted: Property) -> dict[str, Any]:
    choices = list(wanted.values)
    letter = chr(ord("A") + choices.index(wanted.of(table("m1")[given])))
    row = _row(given, wanted.name, hypothetical(given, wanted.asked), choices, letter)
    asked_about = keys.question_id(DATASET, _asked(direct(given)), [])
    return {**row, "property": wanted.known_as, "object_id": asked_about}


def _asked(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def _row(given: str, concept: str, text: str, choices: list[str], answer: str) -> dict[str, Any]:
    answers = {name: table(name)[given] for name in TABLES}
    others = {name: shifted(word) for name, word in answers.items()}
    return {
        "question_id": keys.question_id(DATASET, _asked(text), choices),
        "dataset": DATASET,
        "concept": concept,
        "task": TASK,
        "split": "heldout" if given in held_out() else "train",
        "group_id": given,
        "group_kind": "input",
        "messages": keys.canonical(_asked(text)),
        "choices": choices,
        "answer": answer,
        "source_file": "ingest/pair/tables.py",
        "licence": LICENCE,
        "metadata": keys.canonical({"input": given, "shifted": others, **answers}),
    }
