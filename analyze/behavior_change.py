"""When a model's behaviour changes, do its predictions of itself follow?

Question and estimand: of the items that a model answers otherwise after a change than before, how
often its predictions name the new value, how often the old one, and the difference. Source:
*Looking Inward* (arXiv 2410.13787), section 3.3. The cluster is the string.

Controls: at most one of the two can be right, so the shares add up to at most 1 in every set of
rows (audited); items on which nothing changed; the same after keeping each value as often before
as after, so that following the commonest answer wins nothing; strings on whose hypothetical
questions the model was trained are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import duckdb
import polars as pl

from analyze.inference import (
    difference,
    macro_difference,
    proportion,
    sign_flip,
)
from analyze.inference.macro import contributions
from analyze.introspection.cell_rows import over_properties
from analyze.introspection.cells import by_cluster, freeze, read
from analyze.introspection.datasets import chosen, model_named, source_of
from analyze.introspection.scoring import score_predictions
from analyze.result_audits import audit_row
from analyze.result_rows import Row, Source, coverage, literal, result
from analyze.stored import UNCHANGED, is_stored, store, stored
from console import say
from warehouse.errors import InputError
from warehouse.lake import Lake

ANALYSIS = "behavior-change"
# Raised with every change of what is computed, so that stored results are replaced.
VERSION = 1

Change = tuple[str, str]
"""Names of a model before and after its behaviour changed."""

_ORDER = "dataset, metric, model_id, other_model_id, concept"


def run_behavior_change(
    lake: Lake,
    datasets: Sequence[str] | None = None,
    study: str = "default",
    changes: Iterable[Change] = (),
) -> list[dict[str, Any]]:
    """Return the current `results` rows, computed anew where answers or predictions changed.

    Raises InputError without a change, for models the lake does not know, and for a data set
    without predictions.
    """
    named = sorted(set(changes))
    if not named:
        raise InputError("Name a model before and after its change: --old MODEL --new MODEL.")
    score_predictions(lake, study)
    with lake.reader() as con:
        sources = [
            source_of(con, ANALYSIS, study, dataset, VERSION, [[*names] for names in named])
            for dataset in chosen(con, datasets)
        ]
        stale = [source for source in sources if not is_stored(con, source)]
        new = [(source, _estimates(con, source, named)) for source in stale]
    if new:
        config = {"datasets": [source.dataset for source in sources], "changes": named}
        with lake.run("analyze behavior-change", config, study) as run:
            for source, rows in new:
                store(run, rows)
                with lake.ledger_reader(analyses=True) as con:
                    audit = audit_row(con, source.dataset, study, "old_plus_new")
                run.upsert("audits", [{**audit, "run_id": run.run_id}])
    else:
        say(UNCHANGED)
    with lake.reader("FROM results") as con:
        return stored(con, sources, _ORDER)


def _estimates(
    con: duckdb.DuckDBPyConnection, source: Source, changes: Sequence[Change]
) -> list[Row]:
    freeze(con, source.dataset)
    rows: list[Row] = []
    for before, after in changes:
        old, new = model_named(con, before), model_named(con, after)
        frame = read(con, "change", old=old, new=new)
        if frame.is_empty():
            raise InputError(
                f"{after} has not predicted its answers to '{source.dataset}', or {before} has not "
                f"given its own. Run: mirrorlake generate predict --questions {source.dataset} "
                f"--target {before} --target {after} --predictor {after}"
            )
        rows += change_rows(source, frame, {"model_id": new, "other_model_id": old})
    return rows


def change_rows(source: Source, frame: pl.DataFrame, about: Mapping[str, Any]) -> Iterator[Row]:
    """Yield the estimates of one change from its sums over clusters."""
    moved, kept = frame.filter("shifted"), frame.filter(~pl.col("shifted"))
    yield _mean(source, "accuracy_unchanged", _column(kept, "new_right"), about, "same")
    for metric, name in (("accuracy_old", "old_right"), ("accuracy_new", "new_right")):
        yield from _by_property(source, metric, _column(moved, name), about)
    yield from _differences(source, moved, about)
    for side in ("old", "new"):
        part = moved.select(
            "property", "cluster", n=f"n_{side}_rebalanced", value=f"{side}_rebalanced"
        )
        yield _mean(source, f"accuracy_{side}_rebalanced", part, about, "shifted")


def _column(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    return frame.select("property", "cluster", "n", value=name)


def _by_property(
    source: Source, metric: str, part: pl.DataFrame, about: Mapping[str, Any]
) -> Iterator[Row]:
    sums = by_cluster(part)
    for name in sums.properties:
        estimate = proportion(*sums.only(name).pooled())
        named = {**about, "concept": name}
        yield result(
            source, metric, estimate, named, _sql(source, named), detail=coverage(estimate)
        )
    yield _mean(source, metric, part, about, "shifted")


def _mean(
    source: Source, metric: str, part: pl.DataFrame, about: Mapping[str, Any], which: str
) -> Row:
    estimate = over_properties(by_cluster(part), n_missing=0)
    return result(
        source, f"macro_{metric}", estimate, about, _sql(source, about, which),
        detail=coverage(estimate),
    )  # fmt: skip


def _differences(source: Source, moved: pl.DataFrame, about: Mapping[str, Any]) -> Iterator[Row]:
    frame = moved.select(
        "property", "cluster", "n", value=pl.col("new_right") - pl.col("old_right")
    )
    sums = by_cluster(frame)
    for name in sums.properties:
        value, n = sums.only(name).pooled()
        named = {**about, "concept": name}
        yield _difference(source, "new_minus_old", difference(value, n), value, named, moved)
    value, n = sums.pooled()
    yield _difference(source, "micro_new_minus_old", difference(value, n), value, about, moved)
    if sums.properties:
        found = macro_difference(sums.sums, sums.counts)
        shares = contributions(sums.sums, sums.counts)
        yield _difference(source, "macro_new_minus_old", found, shares, about, moved)


def _difference(
    source: Source, metric: str, estimate: Any, signed: Any, about: Mapping[str, Any],
    moved: pl.DataFrame,
) -> Row:  # fmt: skip
    seed = source.seed(metric, *(str(value) for value in about.values()))
    test = sign_flip(signed, seed) if estimate.n_clusters > 1 else None
    return result(
        source, metric, estimate, about, _sql(source, about), null_value=0.0, test=test,
        detail={"both_right": int(moved["both"].sum())},
    )  # fmt: skip


def _sql(source: Source, about: Mapping[str, Any], which: str = "shifted") -> str:
    """Return the query that lists the items: `old_right` and `new_right`, one row an item."""
    new, old = literal(about["model_id"]), literal(about["other_model_id"])
    differ = "<>" if which == "shifted" else "="
    kept = f"dataset = {literal(source.dataset)} AND temperature = 0"
    of = f" AND n.property = {literal(about['concept'])}" if about.get("concept") else ""
    return (
        "SELECT n.object_id, property, n.group_id, o.actual AS before, n.actual AS after,"
        " n.predicted, o.correct::INTEGER AS old_right, n.correct::INTEGER AS new_right"
        f" FROM (FROM prediction_pairs WHERE {kept} AND target_id = {new}) n"
        f" JOIN (FROM prediction_pairs WHERE {kept} AND target_id = {old}) o"
        " USING (object_id, property, predictor_condition_id)"
        f" WHERE n.predictor_id = {new} AND NOT n.trained_on AND n.answer_compliant"
        f" AND o.answer_compliant AND o.actual {differ} n.actual{of}"
    )
