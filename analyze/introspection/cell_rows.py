"""How often each model predicts each model: accuracy by property, by task, and over all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import polars as pl

from analyze.inference import Estimate, macro_proportion, proportion
from analyze.inference.clusters import Floats
from analyze.introspection.cells import Sums, by_asker, by_cluster, partitions
from analyze.result_rows import Row, Source, coverage, literal, result

# The columns of `results` for a cell: the predictor is the model, the target the other one.
NAMES = {
    "predictor_id": "model_id",
    "predictor_condition_id": "condition_id",
    "target_id": "other_model_id",
    "target_condition_id": "other_condition_id",
}


def cell_rows(con: duckdb.DuckDBPyConnection, source: Source) -> Iterator[Row]:
    """Yield accuracy and compliance of every cell of the predictor x target matrix.

    `macro_accuracy` averages over properties, which weigh the same; `micro_accuracy` over items.
    Items whose answer is not compliant are dropped and counted as missing; a prediction that is
    not compliant is wrong.
    """
    for cell, part in by_asker(con, "cells", ("target", "predictor")):
        about = {NAMES[name]: value for name, value in cell.items()}
        sums, totals = by_cluster(part), part.group_by("property").agg(_TOTALS)
        counted = {row["property"]: row for row in totals.iter_rows(named=True)}
        for name in sums.properties:
            named, own_sums = {**about, "concept": name}, sums.only(name).pooled()
            yield _share(source, "prediction_accuracy", own_sums, counted[name], named)
        for named_task, own in partitions(part, ("task",)):
            if named_task["task"] is not None:
                named = {**about, **named_task}
                pooled = by_cluster(own).pooled()
                yield _share(source, "prediction_accuracy", pooled, _counted(own), named)
        whole = _counted(part)
        yield _share(source, "micro_accuracy", sums.pooled(), whole, about)
        estimate = over_properties(sums, n_missing=whole["dropped"])
        sql = items_sql(source, about, macro=True)
        detail = {**coverage(estimate), **_compliant(whole)}
        yield result(source, "macro_accuracy", estimate, about, sql, detail=detail)
        yield from _compliance(source, part, whole, about)


_TOTALS = pl.col("n", "dropped", "unreadable").sum()


def _counted(part: pl.DataFrame) -> dict[str, int]:
    return part.select(_TOTALS).row(0, named=True)


def _share(
    source: Source, metric: str, sums: tuple[Floats, Floats], counted: Mapping[str, int],
    about: Mapping[str, Any],
) -> Row:  # fmt: skip
    estimate = proportion(*sums, n_missing=counted["dropped"])
    detail = {**coverage(estimate), **_compliant(counted)}
    return result(source, metric, estimate, about, items_sql(source, about), detail=detail)


def _compliant(counted: Mapping[str, int]) -> dict[str, int]:
    """Return how many items were dropped, and how many predictions could not be read."""
    return {
        "answers_not_compliant": counted["dropped"],
        "predictions_not_compliant": counted["unreadable"],
    }


def over_properties(sums: Sums, n_missing: int) -> Estimate:
    """Return the mean over properties of a share."""
    if not sums.properties:
        return proportion([], [], n_missing=n_missing)
    answers = round(float(sums.counts.sum()))
    return macro_proportion(sums.sums, sums.counts, answers=answers, n_missing=n_missing)


def _compliance(
    source: Source, part: pl.DataFrame, counted: Mapping[str, int], about: Mapping[str, Any]
) -> Iterator[Row]:
    """Yield which share of answers, and of predictions, could be read."""
    n, dropped, unreadable = (pl.col(name).cast(float) for name in ("n", "dropped", "unreadable"))
    for metric, good, of in (
        ("answer_compliance", n, n + dropped),
        ("prediction_compliance", n - unreadable, n),
    ):
        frame = part.select("property", "cluster", value=good, n=of)
        yield result(
            source, metric, proportion(*by_cluster(frame).pooled()), about,
            compliance_sql(source, metric, about), detail=counted,
        )  # fmt: skip


def items_sql(source: Source, about: Mapping[str, Any], macro: bool = False) -> str:
    """Return the query whose average of `value` is the estimate, a row an item or property."""
    where = where_sql(source, about) + " AND correct IS NOT NULL"
    value = "correct::INTEGER AS value"
    if macro:
        return (
            f"SELECT property, avg(correct::INTEGER) AS value FROM prediction_pairs WHERE {where}"
            " GROUP BY property"
        )
    return f"SELECT object_id, property, group_id, {value} FROM prediction_pairs WHERE {where}"


def compliance_sql(source: Source, metric: str, about: Mapping[str, Any]) -> str:
    """Return the query whose average of `value` is the share of what could be read."""
    of_answers = metric == "answer_compliance"
    value = "answer_compliant" if of_answers else "prediction_compliant"
    more = "" if of_answers else " AND answer_compliant"
    return (
        f"SELECT object_id, property, group_id, {value}::INTEGER AS value FROM prediction_pairs"
        f" WHERE {where_sql(source, about)}{more}"
    )


def where_sql(source: Source, about: Mapping[str, Any]) -> str:
    """Return the conditions that name a cell's items, and a property or task where one is named."""
    columns = {
        "other_condition_id": "target_condition_id",
        "condition_id": "predictor_condition_id",
        "concept": "property",
        "task": "task",
    }
    named = [
        f"{column} = {literal(str(about[name]))}"
        for name, column in columns.items()
        if about.get(name) is not None
    ]
    kept = f"dataset = {literal(source.dataset)} AND temperature = 0 AND NOT trained_on"
    return " AND ".join([kept, *named])
