"""Training sets into the lake; making the same set again finds it there."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from random import Random
from typing import TYPE_CHECKING, Any

from console import say
from finetune.dataset.sets import Example, Selection, TrainingSet
from warehouse import keys
from warehouse import rows as moments
from warehouse.errors import InputError
from warehouse.schema import TRAINING_SETS

if TYPE_CHECKING:
    from warehouse.lake import Lake

COMMAND = "finetune dataset"


def store(
    lake: Lake,
    job: Selection,
    kind: str,
    recipe: Mapping[str, Any],
    rows: Sequence[Example],
    target_model_id: str | None,
) -> TrainingSet:
    """Store rows in a random but fixed order under the set's name; return the set.

    Raises InputError where the name belongs to other rows, or the same rows have another name.
    """
    mixed = sorted(rows, key=_place)
    Random(f"order {job.seed}").shuffle(mixed)
    digest = rows_digest(mixed)
    recipe = {"kind": kind, **recipe}
    identity = keys.digest(keys.canonical([recipe, digest]), "s1_", 24)
    made = TrainingSet(
        identity, job.name, digest, len(rows), dict(Counter(row.role for row in mixed)), True
    )
    if _is_there(lake, made):
        say(f"Nothing to do: the training set '{job.name}' is in the lake.")
        return TrainingSet(**{**asdict(made), "new": False})
    with lake.run(COMMAND, {"name": job.name, "recipe": recipe}) as run:
        run.append(
            "examples",
            [
                {"training_set_id": identity, "row": row, **asdict(example)}
                for row, example in enumerate(mixed)
            ],
        )
        # Last: a set that is named is whole.
        run.upsert(
            "training_sets",
            [
                {
                    "training_set_id": identity,
                    "name": job.name,
                    "kind": kind,
                    "target_model_id": target_model_id,
                    "recipe": keys.canonical(recipe),
                    "n_rows": len(mixed),
                    "rows_digest": digest,
                    "run_id": run.run_id,
                    "created_at": moments.now().isoformat(),
                }
            ],
        )
        run.count(rows=len(mixed))
    return made


def rows_digest(rows: Sequence[Example]) -> str:
    """Return the SHA-256 over prompts and replies in their order."""
    whole = hashlib.sha256()
    for row in rows:
        whole.update(keys.canonical([row.role, row.messages, row.reply]).encode() + b"\n")
    return whole.hexdigest()


def _place(row: Example) -> tuple[str, ...]:
    return row.role, row.question_id, row.messages, row.reply, row.request_key or ""


def _is_there(lake: Lake, made: TrainingSet) -> bool:
    for row in lake.ledger.rows(TRAINING_SETS):
        same = row["training_set_id"] == made.training_set_id
        if same and row["name"] != made.name:
            raise InputError(
                f"These rows are in the lake already, as the training set '{row['name']}'. "
                "Use that name."
            )
        if row["name"] == made.name and not same:
            raise InputError(
                f"There is another training set '{made.name}' in the lake (of {row['n_rows']:,} "
                "rows). Choose another --name."
            )
        if same:
            return True
    return False
