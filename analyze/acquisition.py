"""Did training on a concept's questions teach the concept, and what else did it change?

Question and estimand: for every concept, the paired difference of accuracy after minus before
fine-tuning, on questions of clusters (dialogues, families) that no compared model was trained on.
Source: step 4 of *From Imitation to Introspection* (arXiv 2410.18819), in whose own files most
evaluation dialogues also occur in training. The cluster is the question's `group_id`.

Controls: the same training on shuffled answers; concepts that were not trained on; rules that read
no meaning, on the same questions, among them the two shortcuts through that step's own files: the
option that says someone is unaware (belief), and the length of the plan (planning).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import duckdb
import polars as pl
import pyarrow as pa

from analyze.baseline_rows import BASELINES
from analyze.inference import (
    Estimate,
    difference,
    minimum_detectable_effect,
    proportion,
    sign_flip,
)
from analyze.introspection.datasets import model_named
from analyze.result_rows import Row, Source, adjust, coverage, literal, result, rounded
from analyze.score import unscored
from analyze.stored import add_scores, is_stored, keep
from analyze.views import query
from warehouse.errors import InputError
from warehouse.keys import canonical, digest
from warehouse.lake import Lake

ANALYSIS = "acquisition"
# Raised with every change of what is computed, so that stored results are replaced.
VERSION = 2

_ORDER = "dataset, concept, reading, metric, model_id, other_model_id"
SHORTCUTS = ("unaware_option", "plan_length")
_CELL = ("dataset", "concept", "reading", "condition_id", "other_condition_id")


class Training(NamedTuple):
    """Names of a model before training, after it, and after the same on shuffled answers."""

    before: str
    after: str
    control: str | None = None


def run_acquisition(
    lake: Lake,
    datasets: Sequence[str],
    study: str = "default",
    trainings: Iterable[Training] = (),
) -> list[dict[str, Any]]:
    """Return the current `results` rows, computed anew where answers changed.

    Raises InputError without a training, for models that the lake does not know, and where no
    question was answered before and after.
    """
    named = list(trainings)
    if not named:
        raise InputError("Name a model before and after training: --before MODEL --after MODEL.")
    add_scores(lake, "analyze acquisition", study, _unscored)
    with lake.reader() as con:
        found = [_estimates(con, study, dataset, named) for dataset in sorted(set(datasets))]
    new = [rows for _, rows in found if rows]
    return keep(lake, [source for source, _ in found], new, {"trainings": named}, _ORDER)


def _unscored(con: duckdb.DuckDBPyConnection) -> Iterator[pa.Table]:
    return (pa.Table.from_batches([batch]) for batch in unscored(con))


def _estimates(
    con: duckdb.DuckDBPyConnection, study: str, dataset: str, trainings: Sequence[Training]
) -> tuple[Source, list[Row]]:
    """Return the estimates of a data set with their source, none where they are stored."""
    frames = [frame for training in trainings for frame in _frames(con, dataset, training)]
    hashes = [str(frame.hash_rows().sum()) for _, frame in frames]
    inputs = digest(canonical([VERSION, [[*t] for t in trainings], hashes]), "i1_", 40)
    source = Source(ANALYSIS, study, dataset, inputs)
    if is_stored(con, source):
        return source, []
    rows = [row for about, frame in frames for row in _rows(source, about, frame)]
    gains = [row for row in rows if row["metric"] == "gain"]
    adjust(gains, lambda row: row["reading"], "gains over concepts and trainings, within reading")
    return source, rows


def _frames(
    con: duckdb.DuckDBPyConnection, dataset: str, training: Training
) -> Iterator[tuple[dict[str, Any], pl.DataFrame]]:
    """Yield the sums after against before, and after against the control where there is one."""
    ids = [model_named(con, name) for name in training if name is not None]
    before, after, *control = ids
    for metric, other in (("gain", before), *(("gain_over_control", one) for one in control)):
        given = {"dataset": dataset, "after": after, "before": other, "trained": [after, *control]}
        frame = con.sql(query("acquired"), params=given).pl()
        if frame.is_empty():
            name = training.before if other == before else training.control
            raise InputError(
                f"No question of '{dataset}' outside its training set was answered by "
                f"{training.after} and {name}. Run: mirrorlake generate responses --questions "
                f"{dataset} --model {name} --model {training.after} --reading letter"
            )
        about = {"metric": metric, "model_id": after, "other_model_id": other, "trained": ids[1:]}
        yield about, frame


def _rows(source: Source, about: Mapping[str, Any], frame: pl.DataFrame) -> Iterator[Row]:
    for key, part in frame.partition_by(_CELL, as_dict=True, maintain_order=True).items():
        cell = dict(zip(_CELL, key, strict=True))
        names = ("concept", "reading", "condition_id", "other_condition_id")
        where = {
            **{name: cell[name] for name in names},
            **{name: about[name] for name in ("model_id", "other_model_id")},
        }
        sql = _sql(source, where, about["trained"])
        yield _gain(source, about["metric"], part, where, sql)
        if about["metric"] == "gain":
            yield from _accuracies(source, part, where, sql)


def _gain(
    source: Source, metric: str, part: pl.DataFrame, where: Mapping[str, Any], sql: str
) -> Row:
    found = difference(part["value"], part["n"])
    seed = source.seed(metric, *(str(value) for value in where.values()))
    test = sign_flip(part["value"].to_numpy(), seed) if found.n_clusters > 1 else None
    mde = rounded(minimum_detectable_effect(found.std_error, found.df))
    detail = {"taught": bool(part["taught"][0]), "mde": mde}
    return result(
        source, metric, found, where, sql.format(value="p.value"), null_value=0.0, test=test,
        detail=detail,
    )  # fmt: skip


def _accuracies(
    source: Source, part: pl.DataFrame, where: Mapping[str, Any], sql: str
) -> Iterator[Row]:
    """Yield both accuracies, and what rules that read no meaning score on the same questions."""
    chance = float(part["chance"].sum()) / float(part["n"].sum())
    columns = {"after": "p.first_value", "before": "p.other_value"}
    columns |= {name: f"b.{name}" for name in BASELINES}
    columns |= {name: f"s.{name}" for name in SHORTCUTS if not part[name].has_nulls()}
    for name, value in columns.items():
        found: Estimate = proportion(part[name], part["n"])
        metric = f"accuracy_{name}" if name in ("after", "before") else f"baseline_{name}"
        yield result(
            source, metric, found, where, sql.format(value=value), null_value=chance,
            detail={"taught": bool(part["taught"][0]), **coverage(found)},
        )  # fmt: skip


def _sql(source: Source, where: Mapping[str, Any], trained: Sequence[str]) -> str:
    """Return the query whose average of `value` is the estimate, one row a question."""
    tests = " AND ".join(f"p.{name} = {literal(str(value))}" for name, value in where.items())
    models = ", ".join(map(literal, trained))
    return (
        "SELECT p.question_id, p.group_id, {value} AS value FROM question_pairs p"
        " JOIN question_baselines b USING (question_id)"
        " JOIN question_shortcuts s USING (question_id)"
        f" WHERE p.dataset = {literal(source.dataset)} AND {tests} AND p.group_id NOT IN ("
        "SELECT e.group_id FROM examples e JOIN trained_on t USING (training_set_id)"
        f" WHERE t.model_id IN ({models}))"
    )
