"""What a target's answers can be guessed from without any model: their mode, and the input.

Both are learned from the target's answers to training strings and judged on its answers to the
others, as the models are. The self-agreement is how well a model could predict itself at best:
how often two draws of one answer have the same property.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import polars as pl

from analyze.inference import proportion
from analyze.introspection.cell_rows import over_properties
from analyze.introspection.cells import TARGET, by_cluster, partitions, read
from analyze.introspection.input_only import guessed
from analyze.result_rows import Row, Source, coverage, literal, result

NO_TRAINING = "no answers to training strings"
_SAMPLED = ("model_id", "condition_id")


def baseline_rows(con: duckdb.DuckDBPyConnection, source: Source) -> Iterator[Row]:
    """Yield the mode baseline, the input-only classifier and the self-agreement of every target."""
    yield from mode_rows(con, source)
    for target, part in partitions(guessed(con, source), TARGET):
        yield from _rows(source, "input_only", part, _about(target))
    for sampled, part in partitions(read(con, "agreement", dataset=source.dataset), _SAMPLED):
        yield from _rows(source, "self_agreement", part, sampled)


def mode_rows(con: duckdb.DuckDBPyConnection, source: Source) -> Iterator[Row]:
    """Yield the mode baseline of every target."""
    for target, part in partitions(read(con, "modes", dataset=source.dataset), TARGET):
        yield from _rows(source, "mode_baseline", part, _about(target))


def _about(target: Mapping[str, str]) -> dict[str, Any]:
    return {"model_id": target["target_id"], "condition_id": target["target_condition_id"]}


def _rows(
    source: Source, metric: str, part: pl.DataFrame, about: Mapping[str, Any]
) -> Iterator[Row]:
    sql, sums = _answers_sql(source, about), by_cluster(part)
    missing = dict(part.group_by("property").agg(pl.col("without").sum()).sort("property").rows())
    for name, without in missing.items():
        estimate = proportion(*sums.only(name).pooled(), n_missing=without)
        listed = f"{sql} AND property = {literal(name)}"
        yield _row(source, metric, estimate, {**about, "concept": name}, listed)
    without = sum(missing.values())
    yield _row(source, f"macro_{metric}", over_properties(sums, without), about, sql)
    micro = proportion(*sums.pooled(), n_missing=without)
    yield _row(source, f"micro_{metric}", micro, about, sql)


def _row(
    source: Source, metric: str, estimate: Any, about: Mapping[str, Any], sql: str
) -> Row:  # fmt: skip
    row = result(source, metric, estimate, about, sql, detail=coverage(estimate))
    if estimate.n == 0:
        row["reason"] = NO_TRAINING
    return row


def _answers_sql(source: Source, about: Mapping[str, Any]) -> str:
    """Return the query that lists the answers behind a baseline."""
    return (
        "SELECT task, property, object_id, group_id, split, value FROM property_values"
        f" WHERE dataset = {literal(source.dataset)} AND compliant"
        f" AND condition_id = {literal(about['condition_id'])}"
    )
