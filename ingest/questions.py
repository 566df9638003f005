"""A user's own questions: one frame with documented columns becomes rows of `questions`.

| column | what it holds |
|---|---|
| `question` | text of the question, without its options |
| `messages` | instead of `question`: list of {role, content}, or its JSON text |
| `choices` | list of options, or its JSON text; or columns `choice_a`, `choice_b`, … |
| `answer` | letter of the right option, or its text; free text without options |
| `concept` | what it is about; the data set's name if absent |
| `task`, `split`, `licence` | kept as they are; `split` is `test` if absent |
| `group_id` | questions that belong together; equal question texts if absent |
| `group_kind` | what they share: paraphrase, state, dialogue, ...; paraphrase if absent |

Every other column is kept in `metadata`. Options that stand inside the question's text, as
`(A) …` and `(B) …` at its end, are taken out where no options are given and `answer` is A or B.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from console import listing
from ingest.columns import OPTION, demand, near_misses, parse_mapping, rename, texts
from ingest.groups import stem_group
from ingest.options import answer_letter, split_options
from ingest.tables import read_table
from warehouse.errors import InputError
from warehouse.keys import canonical, question_id

Row = dict[str, Any]

TEXT_COLUMNS = ("answer", "concept", "task", "split", "group_id", "group_kind", "licence")
KNOWN = ("question", "messages", "choices", *TEXT_COLUMNS)
LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
MOST_OPTIONS = len(LETTERS)


@dataclass(frozen=True)
class Source:
    """Where rows come from and what they are called."""

    dataset: str
    file: str
    digest: str
    concept: str | None = None

    def __post_init__(self) -> None:
        """Raise InputError for names that could not be typed or seen again."""
        for what, name in (("data set", self.dataset), ("concept", self.concept)):
            if name is not None and not (name.strip() and name.isprintable()):
                raise InputError(f"{self.file}: {name!r:.60} cannot be the name of a {what}.")


def file_rows(
    file: Path,
    dataset: str,
    concept: str | None = None,
    mapping: Sequence[str] = (),
    narrate: Callable[[str], None] = lambda _: None,
) -> list[Row]:
    """Return the rows of `questions` of a JSONL, CSV or Parquet file.

    Columns whose names nearly are known ones are asked about through `narrate`.

    Raises:
        InputError: a file, column or row that cannot be used.
    """
    frame, digest = read_table(file)
    frame = rename(frame, parse_mapping(mapping), KNOWN, file.name)
    if "source_row" in frame.columns:
        narrate("Column 'source_row' is not kept: rows are counted as they stand in the file.")
        frame = frame.drop("source_row")
    rows = question_rows(frame, Source(dataset, file.name, digest, concept))
    unused = sorted(set(frame.columns) - {*KNOWN, *choice_columns(frame)})
    for question in near_misses(unused, KNOWN):
        narrate(question)
    if unused:
        narrate(f"{file.name}: not used, kept in metadata: {listing(unused)}.")
    if unused and not any(row["choices"] for row in rows):
        narrate(
            f"{file.name}: no row has options. If columns hold them, name each: "
            f"{_as_options(unused)}; a column of lists: --map THEIRS=choices."
        )
    return rows


def _as_options(unused: Sequence[str]) -> str:
    """Return how to name columns as options, guessed from a last letter such as in `opt_b`."""
    lettered = [name for name in unused if re.search(r"[_ .-][a-z]$", name.lower())]
    pairs = [(name, name[-1].lower()) for name in lettered] or [("THEIRS", "a"), ("THEIRS", "b")]
    return " ".join(f"--map {name}=choice_{letter}" for name, letter in pairs)


def question_rows(frame: pl.DataFrame, source: Source) -> list[Row]:
    """Return rows of `questions`, one a row of the frame, duplicates included.

    A column `source_row` gives the rows' numbers in the file; without it they are counted.

    Raises:
        InputError: a missing column, or a row that cannot be used, with its number.
    """
    demand(frame, ("question", "messages"), source.file)
    if "question" in frame.columns and "messages" in frame.columns:
        raise InputError(f"{source.file} has both 'question' and 'messages'; keep one of them.")
    frame = uniform(frame, source.file)
    lettered = choice_columns(frame)
    known = {*KNOWN, *lettered, "source_row"}
    extra = [column for column in frame.columns if column not in known]
    return [
        _row(record, number, lettered, extra, source)
        for number, record in enumerate(frame.iter_rows(named=True), 1)
    ]


def choice_columns(frame: pl.DataFrame) -> list[str]:
    """Return the columns `choice_a`, `choice_b`, … in the order of their letters."""
    return sorted(column for column in frame.columns if OPTION.fullmatch(column))


def uniform(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the frame with the plain columns of a question as text."""
    plain = [column for column in (*TEXT_COLUMNS, *choice_columns(frame)) if column in frame]
    return frame.with_columns(texts(frame, column, name).alias(column) for column in plain)


def _row(
    record: Mapping[str, Any], number: int, lettered: list[str], extra: list[str], source: Source
) -> Row:
    number = record.get("source_row") or number
    where = f"{source.file}, row {number}"
    messages, choices = asked(record, lettered, where)
    return {
        "question_id": question_id(source.dataset, messages, choices),
        "dataset": source.dataset,
        "concept": source.concept or record.get("concept") or source.dataset,
        "task": record.get("task"),
        "split": record.get("split") or "test",
        "group_id": record.get("group_id") or stem_group(messages[-1]["content"]),
        "group_kind": (record.get("group_kind") or "paraphrase")
        if record.get("group_id")
        else "stem",
        "messages": canonical(messages),
        "choices": choices,
        "answer": _answer(record.get("answer"), choices, where),
        "source_file": source.file,
        "source_row": number,
        "source_digest": source.digest,
        "licence": record.get("licence"),
        "metadata": _metadata(record, extra, choices),
    }


def asked(
    record: Mapping[str, Any], lettered: list[str], where: str
) -> tuple[list[dict[str, str]], list[str]]:
    """Return the messages and the options of a record; raise InputError if it has none."""
    messages, choices = _messages(record, where), _choices(record, lettered, where)
    if choices or str(record.get("answer")).strip() not in ("A", "B"):
        return messages, choices
    inside = split_options(messages[-1]["content"])
    if inside is None:
        return messages, choices
    return [*messages[:-1], {"role": "user", "content": inside.stem}], list(inside.choices)


def _messages(record: Mapping[str, Any], where: str) -> list[dict[str, str]]:
    if "messages" not in record:
        return [{"role": "user", "content": _question(record["question"], where)}]
    listed = _listed(record["messages"], "messages", where)
    messages = [
        {"role": m["role"], "content": m["content"]}
        for m in listed or ()
        if isinstance(m, dict)
        and isinstance(m.get("role"), str)
        and isinstance(m.get("content"), str)
    ]
    if not messages or len(messages) != len(listed or ()) or messages[-1]["role"] != "user":
        raise InputError(f"{where}: 'messages' must list {{role, content}} and end with the user.")
    if not messages[-1]["content"].strip():
        raise InputError(f"{where}: the last of 'messages' is blank.")
    return messages


def _question(value: Any, where: str) -> str:
    if not isinstance(value, str):
        kind = "empty" if value is None else f"{type(value).__name__}, not text"
        raise InputError(f"{where}: column 'question' is {kind}.")
    if not value.strip():
        raise InputError(f"{where}: column 'question' is blank.")
    return value


def _listed(value: Any, column: str, where: str) -> list[Any] | None:
    """Return a list that came as a list or as its JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else None
        except (ValueError, RecursionError) as error:
            raise InputError(f"{where}: column '{column}' is not a JSON list.") from error
    if value is not None and not isinstance(value, list):
        raise InputError(f"{where}: column '{column}' must be a list, not {type(value).__name__}.")
    return value


def _choices(record: Mapping[str, Any], lettered: list[str], where: str) -> list[str]:
    listed = _listed(record.get("choices"), "choices", where)
    if listed is None:
        listed = _filled([record[column] for column in lettered], where)
    choices = [_choice(value, where) for value in listed]
    if len(choices) == 1 or len(choices) > MOST_OPTIONS:
        raise InputError(f"{where}: {len(choices)} options; two to {MOST_OPTIONS} are needed.")
    return choices


def _filled(values: list[str | None], where: str) -> list[str]:
    filled = [value for value in values if value is not None]
    if filled != values[: len(filled)]:
        raise InputError(f"{where}: an option is empty between filled ones.")
    return filled


def _choice(value: Any, where: str) -> str:
    text = str(value) if isinstance(value, int | float) and value is not True else value
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"{where}: every option must be text, and none may be empty.")
    return text


def _answer(answer: str | None, choices: list[str], where: str) -> str | None:
    if answer is None or not answer.strip():
        return None
    if not choices:
        return answer
    letter = answer_letter(answer, choices)
    if letter is None:
        shown = ", ".join(repr(choice[:40]) for choice in choices[:4])
        raise InputError(
            f"{where}: answer {answer[:40]!r} is neither a letter up to "
            f"{chr(64 + len(choices))} nor one of the options {shown}."
        )
    return letter


def _metadata(record: Mapping[str, Any], extra: list[str], choices: list[str]) -> str | None:
    kept: Row = {column: record[column] for column in extra if record[column] is not None}
    if len({choice.strip() for choice in choices}) < len(choices):
        kept["identical_options"] = True
    # NaN, dates and bytes have no JSON form of their own.
    return (
        canonical(json.loads(json.dumps(kept, default=str), parse_constant=str)) if kept else None
    )
