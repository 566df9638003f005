"""Which question an imported answer belongs to: one of the lake, or one the file brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from ingest.columns import demand, refuse_rows, texts
from ingest.options import answer_letter
from ingest.questions import Source, asked, choice_columns, question_rows, uniform
from warehouse.errors import InputError, nearest
from warehouse.keys import canonical, question_id

Row = dict[str, Any]

# A file with any of these describes its questions; one with only the text refers to them.
_DESCRIBING = ("choices", "answer", "concept", "group_id")


@dataclass(frozen=True)
class Matched:
    """Answers with `question_id` and `n_choices`, and the questions that are new to the lake."""

    answers: pl.DataFrame
    new: list[Row]


def match(frame: pl.DataFrame, con: duckdb.DuckDBPyConnection, source: Source) -> Matched:
    """Return the answers with their questions.

    Args:
        frame: the file's rows with `source_row` and `dataset`.
        con: reader of the lake.
        source: what the file is called and, if given, its concept.

    Raises:
        InputError: an answer whose question is neither in the lake nor in the file.
    """
    frame = uniform(frame, source.file)
    if "question_id" in frame.columns:
        return Matched(_by_id(frame, con, source.file), [])
    demand(frame, ("question_id", "question", "messages"), source.file)
    names = ["dataset", *(c for c in _asking(frame) if c != "answer")]
    first = frame.unique(names, keep="first", maintain_order=True)
    _refuse_two_answers(frame, names, source.file)
    stored = _stored(con, first["dataset"].unique().to_list())
    ids, new = _identify(first, stored, source, con)
    keys = first.select(names).with_columns(ids)
    answers = frame.join(keys, on=names, how="left", nulls_equal=True, maintain_order="left")
    return Matched(answers, new)


def _refuse_two_answers(frame: pl.DataFrame, names: list[str], file: str) -> None:
    if "answer" in frame.columns:
        others = pl.col("answer") != pl.col("answer").drop_nulls().first().over(names)
        why = "answer '{answer}', but an earlier row gives the same question another one."
        refuse_rows(frame, others, file, why)


def _asking(frame: pl.DataFrame) -> list[str]:
    wanted = ("question", "messages", "choices", *choice_columns(frame), "answer")
    return [column for column in wanted if column in frame.columns]


def _by_id(frame: pl.DataFrame, con: duckdb.DuckDBPyConnection, name: str) -> pl.DataFrame:
    known: pl.DataFrame = con.sql(
        "SELECT question_id, len(choices) AS n_choices FROM questions"
    ).pl()
    frame = frame.with_columns(texts(frame, "question_id", name))
    answers: pl.DataFrame = frame.join(known, on="question_id", how="left", maintain_order="left")
    why = "question_id '{question_id}' is not in the lake; ingest its questions first."
    refuse_rows(answers, pl.col("n_choices").is_null(), name, why)
    return answers


def _stored(con: duckdb.DuckDBPyConnection, datasets: Sequence[str]) -> pl.DataFrame:
    stored: pl.DataFrame = con.sql(
        "SELECT question_id, dataset, messages, choices, answer FROM questions"
        " WHERE dataset IN (SELECT unnest($datasets))",
        params={"datasets": list(datasets)},
    ).pl()
    return stored


def _identify(
    first: pl.DataFrame, stored: pl.DataFrame, source: Source, con: duckdb.DuckDBPyConnection
) -> tuple[list[pl.Series], list[Row]]:
    """Return `question_id` and `n_choices` of each distinct question, and the new questions."""
    by_id = {row["question_id"]: row for row in stored.iter_rows(named=True)}
    by_text: dict[tuple[str, str], list[Row]] = {}
    for row in by_id.values():
        by_text.setdefault((row["dataset"], row["messages"]), []).append(row)
    lettered = choice_columns(first)
    describes = bool(lettered or source.concept or set(_DESCRIBING) & set(first.columns))
    ids, counts, unknown = [], [], []
    for place, record in enumerate(first.iter_rows(named=True)):
        where = f"{source.file}, row {record['source_row']}"
        messages, choices = asked(record, lettered, where)
        key = question_id(record["dataset"], messages, choices)
        found = by_id.get(key) or _alone(by_text, record["dataset"], messages, choices, where)
        if found is None and not describes:
            raise InputError(_unknown(where, record["dataset"], con))
        if found is None:
            unknown.append(place)
        else:
            _refuse_other_answer(record.get("answer"), found, where)
        ids.append(found["question_id"] if found else key)
        counts.append(len(found["choices"] if found else choices))
    return [pl.Series("question_id", ids), pl.Series("n_choices", counts)], _new(
        first, unknown, source
    )


def _unknown(where: str, dataset: str, con: duckdb.DuckDBPyConnection) -> str:
    known = [name for (name,) in con.execute("SELECT DISTINCT dataset FROM questions").fetchall()]
    if known and dataset not in known:
        what = f"{where}: the lake holds no questions '{dataset}'; name theirs with --dataset."
        return what + nearest(dataset, known)
    return (
        f"{where}: no question of data set '{dataset}' has this text; ingest the questions first, "
        "or add the columns choices and answer."
    )


def _refuse_other_answer(answer: str | None, stored: Row, where: str) -> None:
    """Raise InputError where a row's label is not the one of the stored question."""
    if answer is None or stored["answer"] is None:
        return
    label = answer_letter(answer, stored["choices"]) if stored["choices"] else answer
    if label != stored["answer"]:
        raise InputError(
            f"{where}: the answer is {answer[:40]!r} here and '{stored['answer']}' in the lake; "
            "correct one of them, the lake's with `ingest questions`."
        )


def _alone(
    by_text: dict[tuple[str, str], list[Row]],
    dataset: str,
    messages: list[dict[str, str]],
    choices: list[str],
    where: str,
) -> Row | None:
    """Return the one stored question with this text, for a row that names no options."""
    same = [] if choices else by_text.get((dataset, canonical(messages)), [])
    if len(same) > 1:
        raise InputError(
            f"{where}: {len(same)} questions of data set '{dataset}' have this text with other "
            "options; add the column choices or question_id."
        )
    return same[0] if same else None


def _new(first: pl.DataFrame, unknown: list[int], source: Source) -> list[Row]:
    kept = (
        "source_row",
        "dataset",
        "concept",
        "task",
        "split",
        "group_id",
        "group_kind",
        "licence",
    )
    names = [*_asking(first), *(column for column in kept if column in first.columns)]
    rows: list[Row] = []
    for (dataset,), part in first[unknown].select(names).group_by("dataset", maintain_order=True):
        named = Source(str(dataset), source.file, source.digest, source.concept)
        rows += question_rows(part.drop("dataset"), named)
    return rows
