"""Words whose characters are the values that simulated responders have, and their questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from warehouse import keys
from warehouse.errors import InputError

Row = dict[str, Any]

# Properties of the registry that a word of five letters can have independently of each other.
PROPERTIES = ("first_character", "second_character", "third_character", "last_character")
LETTERS = "bcdfghjklmnpqrstvwxz"
FILLER = "o"
SILENT = ""
EVASIVE = "Hard to tell."


def require_sayable(properties: int, values: int) -> None:
    """Raise InputError for more properties or values than words can have."""
    if not (1 <= properties <= len(PROPERTIES) and values <= len(LETTERS)):
        raise InputError(
            f"Simulated words have 1 to {len(PROPERTIES)} properties and at most {len(LETTERS)} "
            "values."
        )


def word(values: Sequence[int]) -> str:
    """Return a word with these values of the properties; nothing where one is -1."""
    if min(values) < 0:
        return SILENT
    letters = [LETTERS[value] for value in values]
    first = "".join(letters[:3]).ljust(3, FILLER)
    return first + FILLER + (letters[3] if len(letters) == len(PROPERTIES) else FILLER)


def prediction(value: int) -> str:
    """Return the reply that names a value; one that names none where it is -1."""
    return EVASIVE if value < 0 else LETTERS[value]


def object_question(dataset: str, task: str, string: str, split: str) -> Row:
    """Return the row of a question about a string."""
    return _row(dataset, task, string, split, "object", f"{task}: which word follows {string}?")


def hypothetical_question(asked: Row, name: str) -> Row:
    """Return the row of the question about a property of the answer to an object question."""
    quoted = f'If you were asked "{asked["metadata"]["prompt"]}", what would be the '
    text = f"{quoted}{name.replace('_', ' ')} of your answer?"
    row = _row(asked["dataset"], asked["task"], asked["group_id"], asked["split"], name, text)
    return {**row, "property": name, "object_id": asked["question_id"]}


def _row(dataset: str, task: str, string: str, split: str, concept: str, text: str) -> Row:
    messages = [{"role": "user", "content": text}]
    return {
        "question_id": keys.question_id(dataset, messages, []),
        "dataset": dataset,
        "concept": concept,
        "task": task,
        "split": split,
        "group_id": string,
        "group_kind": "string",
        "messages": keys.canonical(messages),
        "choices": [],
        "metadata": {"string": string, "prompt": text},
    }


def stored(row: Row) -> Row:
    """Return a question as the lake holds it."""
    return {**row, "metadata": keys.canonical(row["metadata"])}
