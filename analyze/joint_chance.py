"""Is a model at chance on several concepts at once?

The claim that concepts were never taught is about all of them together: one test, not the
best of many. Null: every concept's accuracy is at its chance level.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from analyze.concept_rows import matrix
from analyze.inference import Test, joint_sign_flip
from analyze.views import query
from warehouse.errors import InputError


def joint_chance_test(
    con: duckdb.DuckDBPyConnection,
    dataset: str,
    model_id: str,
    concepts: Sequence[str],
    reading: str = "letter",
    seed: int = 0,
) -> Test:
    """Return the joint p-value of several concepts' accuracies against chance.

    Needs scored responses under one condition. Raises InputError where there are none, or
    several conditions.
    """
    part = con.sql(
        query("joint_chance"),
        params={
            "dataset": dataset,
            "model_id": model_id,
            "concepts": list(concepts),
            "reading": reading,
        },
    ).pl()
    if part.is_empty() or part["condition_id"].n_unique() > 1:
        raise InputError(
            f"Model {model_id} has scored '{reading}' answers of {dataset} under "
            f"{part['condition_id'].n_unique()} conditions; the joint test needs exactly one."
        )
    return joint_sign_flip(matrix(part, "excess"), seed)
