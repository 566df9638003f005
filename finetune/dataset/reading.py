"""Training sets out of the lake: the rows that one model reads, and the same as chat JSONL."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from finetune.dataset.sets import Example
from warehouse.errors import InputError, nearest
from warehouse.schema import TRAINING_SETS

if TYPE_CHECKING:
    from warehouse.lake import Lake

_COLUMNS = tuple(field.name for field in fields(Example))

# Rehearsed are only a model's own answers.
_ROWS_SQL = f"""
SELECT {", ".join(f"e.{name}" for name in _COLUMNS)}, r.model_id
FROM examples AS e LEFT JOIN responses AS r ON r.request_key = e.request_key
WHERE e.training_set_id = $id
ORDER BY e.row
"""


@dataclass(frozen=True)
class Rows:
    """What a model reads of a training set."""

    training_set_id: str
    name: str
    examples: Sequence[Example]


def rows_for(lake: Lake, name: str, model_id: str | None) -> Rows:
    """Return the rows of a training set that a model is trained on, in their order.

    `model_id` None stands for any model. Raises InputError for an unknown set, and for one with
    rehearsed answers of which none are this model's.
    """
    identity = _find(lake, name)
    with lake.reader("FROM examples, responses") as con:
        found = con.execute(_ROWS_SQL, {"id": identity}).fetchall()
    rows = [(Example(*row[:-1]), row[-1]) for row in found]
    owners = {owner for example, owner in rows if example.role == "rehearsal"}
    if owners and model_id not in owners and not (model_id is None and len(owners) == 1):
        raise InputError(
            f"The training set '{name}' rehearses answers of {len(owners)} models and this is none "
            "of them. Make it again under another name with --for MODEL."
        )
    kept = [e for e, owner in rows if e.role != "rehearsal" or owner == (model_id or owner)]
    return Rows(identity, name, kept)


def _find(lake: Lake, name: str) -> str:
    known = {row["name"]: row["training_set_id"] for row in lake.ledger.rows(TRAINING_SETS)}
    by_id = {identity: identity for identity in known.values()}
    found = {**by_id, **known}.get(name)
    if found is None:
        raise InputError(
            f"There is no training set '{name}' in the lake.{nearest(name, known)} "
            "Make one: mirrorlake finetune dataset --help"
        )
    return str(found)


def chat_lines(examples: Iterable[Example]) -> list[bytes]:
    """Return rows as lines of chat JSONL: the prompt's messages and the assistant's reply."""
    return [
        json.dumps(
            {
                "messages": [
                    *json.loads(example.messages),
                    {"role": "assistant", "content": example.reply},
                ]
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()
        for example in examples
    ]


def export(lake: Lake, name: str, path: Path) -> int:
    """Write a training set as chat JSONL, the whole file or none; return the number of rows."""
    rows = rows_for(lake, name, None)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        partial.write_bytes(b"".join(line + b"\n" for line in chat_lines(rows.examples)))
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return len(rows.examples)
