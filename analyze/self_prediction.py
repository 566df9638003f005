"""Does a model know itself better than another model knows it?

Question and estimand: for every target and predictor, how often the predictor names a property of
the target's greedy answer that it has not seen; for every target, how much oftener it does so
itself than another predictor, and for pairs of models that predict each other the crossed form.
Source: *Looking Inward* (arXiv 2410.13787), section 3. The cluster is the string throughout, a
question's `group_id`. Strings that a predictor was trained on, and those of the split `train`, are
left out.

Controls: the commonest value and a classifier of the input alone, both learned from training
strings; self-agreement of two draws as a ceiling; items on which the two models differ; answers
rebalanced so that no value is commoner in one model than in the other; both sides' compliance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb

from analyze.introspection.baseline_rows import baseline_rows
from analyze.introspection.cell_rows import cell_rows
from analyze.introspection.cells import freeze
from analyze.introspection.contest_rows import contest_rows, crossed_rows
from analyze.introspection.datasets import chosen, source_of
from analyze.introspection.fours import Crossed, fours
from analyze.introspection.scoring import score_predictions
from analyze.result_rows import Row, Source
from analyze.stored import is_stored, keep
from console import say
from warehouse.lake import Lake

ANALYSIS = "self-prediction"
# Raised with every change of what is computed, so that stored results are replaced.
VERSION = 2

_ORDER = (
    "dataset, metric, model_id, condition_id, other_model_id, other_condition_id, concept, task"
)


def run_self_prediction(
    lake: Lake,
    datasets: Sequence[str] | None = None,
    study: str = "default",
    crossed: Iterable[Crossed] = (),
) -> list[dict[str, Any]]:
    """Return the current `results` rows, computed anew where answers or predictions changed.

    `crossed` names the models of crossed comparisons; two other models that predict themselves and
    each other are crossed without being named. Raises InputError for a data set without
    predictions.
    """
    score_predictions(lake, study)
    named = sorted(set(crossed))
    with lake.reader() as con:
        names = chosen(con, datasets)
        decided_by = (VERSION, [[*four] for four in named])
        sources = [source_of(con, ANALYSIS, study, name, *decided_by) for name in names]
        new = [_estimates(con, source, named) for source in sources if not is_stored(con, source)]
    return keep(lake, sources, new, {"datasets": names, "crossed": named}, _ORDER)


def _estimates(
    con: duckdb.DuckDBPyConnection, source: Source, crossed: Sequence[Crossed]
) -> list[Row]:
    freeze(con, source.dataset)
    rows = [
        *cell_rows(con, source),
        *contest_rows(con, source),
        *crossed_rows(con, source, fours(con, crossed)),
        *baseline_rows(con, source),
    ]
    say(f"{source.dataset}: {len(rows):,} estimates.")
    return rows
