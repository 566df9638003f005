"""Do models predict how often they would say what, and not only what they would say most?

Question and estimand: each prompt is answered k times and predicted m times at one temperature.
The mean absolute deviation (MAD) between the shares P_o of the answers and P_m of the predictions,
over quantile bins of P_o. Source: *Looking Inward* (arXiv 2410.13787), section 3.3.1. The cluster
is the string.

Controls: a perfectly calibrated model's MAD is not 0, since both shares are noisy and ranks are
chosen on the same noise; so the answers of both sides are dealt anew within each prompt, and the
excess over that is shown; the MAD is estimated again with ranks and bins from one half of the
answers and shares from the other; beside it a squared distance without bins that is unbiased, and
the share predicted on values that no answer shows. Strings on which a predictor was trained are
left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import polars as pl

from analyze.inference.calibration_counts import Counts, counted
from analyze.introspection.calibration_rows import calibration_rows
from analyze.introspection.cells import partitions, read
from analyze.introspection.datasets import source_of
from analyze.introspection.scoring import score_predictions
from analyze.result_rows import Row, Source
from analyze.stored import is_stored, keep
from console import Progress
from warehouse.errors import InputError, nearest
from warehouse.lake import Lake

ANALYSIS = "calibration"
# Raised with every change of what is computed, so that stored results are replaced.
VERSION = 3

_ORDER = "dataset, model_id, condition_id, other_model_id, other_condition_id, concept, metric"
_CELL = ("target_id", "target_condition_id", "predictor_id", "predictor_condition_id")
_DATASETS_SQL = """
SELECT DISTINCT dataset FROM predictions WHERE temperature > 0 AND sample_index > 0 ORDER BY dataset
"""


def run_calibration(
    lake: Lake, datasets: Sequence[str] | None = None, study: str = "default"
) -> list[dict[str, Any]]:
    """Return the current `results` rows, computed anew where samples changed.

    Raises InputError for a data set without several samples of answers and of predictions.
    """
    score_predictions(lake, study)
    with lake.reader() as con:
        names = _chosen(con, datasets)
        sources = [source_of(con, ANALYSIS, study, name, VERSION) for name in names]
        new = [list(_estimates(con, source)) for source in sources if not is_stored(con, source)]
    return keep(lake, sources, new, {"datasets": names}, _ORDER)


def _chosen(con: duckdb.DuckDBPyConnection, datasets: Sequence[str] | None) -> list[str]:
    known = [name for (name,) in con.execute(_DATASETS_SQL).fetchall()]
    for name in datasets or known or ("DATASET",):
        if name not in known:
            raise InputError(
                f"The lake holds no sampled predictions of answers to '{name}'."
                f"{nearest(name, known)} Draw some: mirrorlake generate predict --questions {name} "
                "--target MODEL --predictor MODEL --temperature 1 --samples 20"
            )
    return sorted(set(datasets or known))


def _estimates(con: duckdb.DuckDBPyConnection, source: Source) -> Iterator[Row]:
    samples = read(con, "samples", dataset=source.dataset)
    if samples.is_empty():
        raise InputError(
            f"No sampled answer to '{source.dataset}' was predicted by samples at the same "
            "temperature, on strings outside training."
        )
    cells = partitions(samples, _CELL)
    with Progress(f"Calibration of {source.dataset}", len(cells), unit="cells") as progress:
        for cell, part in cells:
            about = {
                "model_id": cell["predictor_id"],
                "condition_id": cell["predictor_condition_id"],
                "other_model_id": cell["target_id"],
                "other_condition_id": cell["target_condition_id"],
            }
            yield from calibration_rows(source, _counts(part), about)
            for (name,), own in part.partition_by(
                "property", as_dict=True, maintain_order=True
            ).items():
                yield from calibration_rows(source, _counts(own), {**about, "concept": str(name)})
            progress.advance(1)


def _counts(part: pl.DataFrame) -> Counts:
    """Return the counts of prompts; a value is the same behaviour in every prompt."""
    values = pl.concat([part["answers"].explode(), part["predictions"].explode()])
    codes = {value: code for code, value in enumerate(values.unique().drop_nulls().sort())}
    answers, predictions = (_codes(part[name], codes) for name in ("answers", "predictions"))
    return counted(answers, predictions, part["group_id"].to_numpy())


def _codes(samples: pl.Series, codes: Mapping[str, int]) -> np.ndarray[Any, Any]:
    """Return codes [prompts, most samples]; -1 is not compliant, -2 was never drawn."""
    lengths = samples.list.len().to_numpy().astype(np.int64)
    width = int(lengths.max(initial=0))
    found = np.full((len(samples), width), -2, np.int64)
    values = samples.explode().replace_strict(codes, default=-1, return_dtype=pl.Int64)
    found[np.arange(width) < lengths[:, None]] = values.fill_null(-1).to_numpy()
    return found
