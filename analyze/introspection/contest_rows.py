"""Does a model predict itself better than another model predicts it?

Two estimands of the same items, paired and clustered by string: acc(1 predicts 1) - acc(2
predicts 1), as in Looking Inward (arXiv 2410.13787, section 3.1), and the crossed form
[(acc(1,1) - acc(2,1)) + (acc(2,2) - acc(1,2))] / 2, which a merely better predictor does not
inflate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from analyze.inference import (
    Estimate,
    Test,
    difference,
    macro_difference,
    minimum_detectable_effect,
    sign_flip,
)
from analyze.inference.macro import contributions
from analyze.introspection.cell_rows import where_sql
from analyze.introspection.cells import Sums, by_asker, by_cluster, partitions, read
from analyze.result_rows import Row, Source, adjust, literal, result, rounded

# Which items of a crossed comparison are kept, by the ends of columns and of metrics.
_KEPT = {"": "", "_differing": "_where_they_differ", "_rebalanced": "_rebalanced"}
_DISCORDANT = ("first_better", "other_better", "both_right", "both_wrong")


@dataclass(frozen=True)
class Four:
    """The conditions of a crossed comparison, and the models they belong to.

    `first` and `second` answer, `self_first` and `self_second` predict themselves; `on_first`
    is the second's kin that predicts the first, `on_second` the first's that predicts the second.
    """

    first: str
    self_first: str
    on_first: str
    second: str
    self_second: str
    on_second: str
    models: Mapping[str, str]


def contest_rows(con: duckdb.DuckDBPyConnection, source: Source) -> list[Row]:
    """Return each target's advantage over every other predictor of it, by property and over all."""
    rows: list[Row] = []
    for contest, part in by_asker(con, "contests", ("target", "self", "predictor")):
        about = {
            "model_id": contest["target_id"],
            "condition_id": contest["self_condition_id"],
            "other_model_id": contest["predictor_id"],
            "other_condition_id": contest["predictor_condition_id"],
        }
        rows += _advantages(source, contest, about, part)
    for metric in ("advantage", "macro_advantage", "micro_advantage"):
        own = [row for row in rows if row["metric"] == metric]
        adjust(own, lambda row: row["metric"], f"{metric}s of all pairs of models")
    return rows


def _advantages(
    source: Source, contest: Mapping[str, str], about: Mapping[str, Any], part: pl.DataFrame
) -> Iterator[Row]:
    sums, counted = by_cluster(part), part.group_by("property").agg(_TOTALS)
    by_property = {row.pop("property"): row for row in counted.iter_rows(named=True)}
    whole = part.select(_TOTALS).row(0, named=True)

    def row(metric: str, own: Sums, detail: Mapping[str, Any], **named: str) -> Row:
        about_it = {**about, **named}
        found, test = _estimate(source, metric, own, about_it, metric.startswith("macro"))
        return result(
            source, metric, found, about_it, _contest_sql(source, contest, about_it, metric),
            null_value=0.0, test=test, detail={**detail, **_power(found)},
        )  # fmt: skip

    target = {"target_condition_id": contest["target_condition_id"]}
    for name in sums.properties:
        yield row("advantage", sums.only(name), {**by_property[name], **target}, concept=name)
    for named, own in partitions(part, ("task",)):
        if named["task"] is not None:
            of_task = own.select(_TOTALS).row(0, named=True)
            yield row("advantage", by_cluster(own), {**of_task, **target}, **named)
    yield row("micro_advantage", sums, {**whole, **target})
    yield row("macro_advantage", sums, {**whole, **target})


_TOTALS = pl.col(*_DISCORDANT).sum()


def _estimate(
    source: Source, metric: str, sums: Sums, about: Mapping[str, Any], macro: bool
) -> tuple[Estimate, Test | None]:
    seed = source.seed(metric, *(str(value) for value in about.values()))
    if macro and sums.properties:
        found = macro_difference(sums.sums, sums.counts)
        moved = contributions(sums.sums, sums.counts)
    else:
        value, n = sums.pooled()
        found, moved = difference(value, n), value
    return found, sign_flip(moved, seed) if found.n_clusters > 1 else None


def _power(found: Estimate) -> dict[str, Any]:
    return {"mde": rounded(minimum_detectable_effect(found.std_error, found.df))}


def _contest_sql(
    source: Source, contest: Mapping[str, str], about: Mapping[str, Any], metric: str
) -> str:
    named = {name: about.get(name) for name in ("concept", "task")}
    target = {**named, "other_condition_id": contest["target_condition_id"]}
    first = where_sql(source, {**target, "condition_id": contest["self_condition_id"]})
    other = where_sql(source, {**target, "condition_id": contest["predictor_condition_id"]})
    value = "a.correct::INTEGER - b.correct::INTEGER"
    grouped = metric.startswith("macro")
    columns = f"property, avg({value})" if grouped else f"object_id, property, a.group_id, {value}"
    return (
        f"SELECT {columns} AS value"
        f" FROM (FROM prediction_pairs WHERE {first} AND answer_compliant) a"
        f" JOIN (FROM prediction_pairs WHERE {other}) b USING (object_id, property)"
        + (" GROUP BY property" if grouped else "")
    )


def crossed_rows(
    con: duckdb.DuckDBPyConnection, source: Source, fours: Sequence[Four]
) -> list[Row]:
    """Return the crossed advantages of pairs of models, by property and over all.

    Beside them the same on items where the two answer differently, and on items rebalanced
    so that every value is as frequent among one model's answers as among the other's.
    """
    rows = [row for four in fours for row in _crossed(con, source, four)]
    for metric in ("crossed_advantage", "macro_crossed_advantage", "micro_crossed_advantage"):
        own = [row for row in rows if row["metric"] == metric]
        adjust(own, lambda row: row["metric"], f"{metric}s of all pairs of models")
    return rows


def _crossed(con: duckdb.DuckDBPyConnection, source: Source, four: Four) -> Iterator[Row]:
    names = ("first", "self_first", "on_first", "second", "self_second", "on_second")
    numbers = dict(con.execute("SELECT condition_id, asker FROM askers").fetchall())
    found = read(con, "crossed", **{name: numbers[getattr(four, name)] for name in names})
    about = {
        "model_id": four.models[four.first],
        "condition_id": four.first,
        "other_model_id": four.models[four.second],
        "other_condition_id": four.second,
    }
    who = {name: four.models[getattr(four, name)] for name in ("on_first", "on_second")}
    sql = _crossed_sql(source, four)

    def row(metric: str, sums: Sums, macro: bool, concept: str | None = None) -> Row:
        named = about if concept is None else {**about, "concept": concept}
        listed = sql if concept is None else f"{sql} WHERE property = {literal(concept)}"
        estimate, test = _estimate(source, metric, sums, named, macro)
        detail = {**who, **_power(estimate)}
        return result(
            source, metric, estimate, named, listed, null_value=0.0, test=test, detail=detail
        )

    own = by_cluster(found.select("property", "cluster", "n", "value"))
    for name in own.properties:
        yield row("crossed_advantage", own.only(name), False, name)
    for kept, name in _KEPT.items():
        frame = found.select("property", "cluster", n=f"n{kept}", value=f"value{kept}")
        sums = by_cluster(frame)
        yield row(f"macro_crossed_advantage{name}", sums, True)
        yield row(f"micro_crossed_advantage{name}", sums, False)


def _crossed_sql(source: Source, four: Four) -> str:
    cells = (
        (four.first, four.self_first), (four.first, four.on_first),
        (four.second, four.self_second), (four.second, four.on_second),
    )  # fmt: skip
    parts = []
    for (target, predictor), name in zip(cells, "abcd", strict=True):
        about = {"other_condition_id": target, "condition_id": predictor}
        columns = f"object_id, property, group_id, correct::INTEGER AS {name}"
        parts.append(
            f"(SELECT {columns} FROM prediction_pairs"
            f" WHERE {where_sql(source, about)} AND answer_compliant)"
        )
    joined = f"{parts[0]} a"
    for part, name in zip(parts[1:], "bcd", strict=True):
        joined += f" JOIN (SELECT object_id, property, {name} FROM {part}) {name}_"
        joined += " USING (object_id, property)"
    return (
        "SELECT * FROM (SELECT object_id, property, group_id, 0.5 * (a - b + c - d) AS value"
        f" FROM {joined})"
    )
