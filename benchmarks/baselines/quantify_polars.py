"""Accuracy and position bias with clustered errors, as one would write them in plain Polars.

`python -m benchmarks.baselines.quantify_polars LAKE` reads the lake's segments. A question is
averaged over its orders and left out unless every order was read; the clustered standard
error is the CR1 form. No consistency, families, abstention, comparisons, tests or audits.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

CELL = ["reading", "model_id", "concept"]


def estimates(lake: Path) -> pl.DataFrame:
    """Return one row a metric, reading, model and concept."""
    questions = pl.scan_parquet(lake / "segments/questions/*.parquet").select(
        "question_id", "concept", "group_id"
    )
    responses = pl.scan_parquet(lake / "segments/responses/*.parquet").select(
        "request_key", "question_id", "model_id", "reading", "variant"
    )
    scores = pl.scan_parquet(lake / "segments/scores/*.parquet").select(
        "request_key", "value", "valid", "place"
    )
    answers = responses.join(scores, on="request_key").join(questions, on="question_id")
    per_question = (
        answers.group_by(*CELL, "group_id", "question_id")
        .agg(
            accuracy=pl.col("value").mean(),
            first=(pl.col("place") == 0).mean(),
            orders=pl.len(),
            valid=pl.col("valid").all(),
        )
        .filter("valid")
    )
    bias = per_question.filter(pl.col("orders") > 1)
    parts = [_clustered(per_question, "accuracy"), _clustered(bias, "first", less=0.5)]
    return pl.concat(parts).sort("metric", *CELL).collect()


def _clustered(values: pl.LazyFrame, column: str, less: float = 0.0) -> pl.LazyFrame:
    clusters = values.group_by(*CELL, "group_id").agg(s=pl.col(column).sum(), c=pl.len())
    residual = pl.col("s") - pl.col("c") * (pl.col("s").sum() / pl.col("c").sum())
    size = pl.len()
    return clusters.group_by(CELL).agg(
        metric=pl.lit(column),
        estimate=pl.col("s").sum() / pl.col("c").sum() - less,
        std_error=((residual**2).sum() * size / (size - 1)).sqrt() / pl.col("c").sum(),
        n=pl.col("c").sum(),
        n_clusters=size,
    )


if __name__ == "__main__":
    print(estimates(Path(sys.argv[1])).write_csv())
