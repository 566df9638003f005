"""Accuracy and position bias with clustered errors, as one would write them in pandas.

`python -m benchmarks.baselines.quantify_pandas LAKE` reads the lake's segments and computes
the same as `quantify_polars`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

CELL = ["reading", "model_id", "concept"]


def estimates(lake: Path) -> pd.DataFrame:
    """Return one row a metric, reading, model and concept."""
    questions = _read(lake, "questions", ["question_id", "concept", "group_id"])
    responses = _read(
        lake, "responses", ["request_key", "question_id", "model_id", "reading", "variant"]
    )
    scores = _read(lake, "scores", ["request_key", "value", "valid", "place"])
    answers = responses.merge(scores, on="request_key").drop(columns="request_key")
    del responses, scores
    answers = answers.merge(questions, on="question_id")
    answers["first"] = answers["place"] == 0
    per_question = (
        answers.groupby([*CELL, "group_id", "question_id"], observed=True)
        .agg(
            accuracy=("value", "mean"),
            first=("first", "mean"),
            orders=("value", "size"),
            valid=("valid", "all"),
        )
        .query("valid")
        .reset_index()
    )
    bias = per_question[per_question["orders"] > 1]
    parts = [_clustered(per_question, "accuracy"), _clustered(bias, "first", less=0.5)]
    return pd.concat(parts).sort_values(["metric", *CELL])


def _read(lake: Path, table: str, columns: list[str]) -> pd.DataFrame:
    frame = pd.read_parquet(lake / "segments" / table, columns=columns)
    # Repeated strings as categories: without them ten million rows do not fit.
    repeated = [c for c in ("model_id", "reading", "variant", "concept") if c in columns]
    return frame.astype(dict.fromkeys(repeated, "category"))


def _clustered(values: pd.DataFrame, column: str, less: float = 0.0) -> pd.DataFrame:
    clusters = (
        values.groupby([*CELL, "group_id"], observed=True)[column]
        .agg(["sum", "size"])
        .reset_index()
    )
    cells = clusters.groupby(CELL, observed=True)
    total, n = cells["sum"].transform("sum"), cells["size"].transform("sum")
    clusters["square"] = (clusters["sum"] - clusters["size"] * total / n) ** 2
    found = clusters.groupby(CELL, observed=True).agg(
        total=("sum", "sum"),
        n=("size", "sum"),
        squares=("square", "sum"),
        n_clusters=("sum", "size"),
    )
    size = found["n_clusters"]
    found["estimate"] = found["total"] / found["n"] - less
    found["std_error"] = np.sqrt(found["squares"] * size / (size - 1)) / found["n"]
    found["metric"] = column
    return found.reset_index()[["metric", *CELL, "estimate", "std_error", "n", "n_clusters"]]


if __name__ == "__main__":
    print(estimates(Path(sys.argv[1])).to_csv(index=False))
