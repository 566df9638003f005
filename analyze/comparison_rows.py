"""How two models, or two conditions of one, differ on the questions that both answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from analyze.concept_rows import NEVER_AVERAGED, matrix
from analyze.frames import Frames
from analyze.inference import (
    Estimate,
    Test,
    difference,
    macro_mean,
    mcnemar_mid_p,
    minimum_detectable_effect,
    sign_flip,
)
from analyze.inference.macro import contributions
from analyze.result_rows import Row, Source, adjust, listing, result, rounded

PAIR = ("reading", "model_id", "condition_id", "other_model_id", "other_condition_id")
COUNTS = ("first_better", "other_better", "both_right", "both_wrong")


def comparison_rows(source: Source, frames: Frames) -> list[Row]:
    """Return the paired difference of every two conditions, per concept and over concepts."""
    if frames.pairs.is_empty():
        return []
    single = list(_concept_differences(source, frames.pairs))
    macro = list(_macro_differences(source, frames.pairs))
    adjust(single, _reading, "accuracy differences over pairs and concepts, within reading")
    adjust(macro, _reading, "mean accuracy differences over pairs, within reading")
    return single + macro


def _reading(row: Row) -> str:
    return str(row["reading"])


def _concept_differences(source: Source, pairs: pl.DataFrame) -> Iterator[Row]:
    names = (*PAIR, "concept")
    for key, part in pairs.partition_by(*names, as_dict=True, maintain_order=True).items():
        about = dict(zip(names, key, strict=True))
        estimate = difference(part["value"], part["n"], n_missing=int(part["n_missing"].sum()))
        test = None
        if estimate.n_clusters > 1:
            test = _paired_test(part, source.seed("accuracy_difference", *key))
        yield result(
            source, "accuracy_difference", estimate, about,
            listing("question_pairs", "value", {"dataset": source.dataset, **about}),
            null_value=0.0, test=test, detail=_detail(part, estimate),
        )  # fmt: skip


def _paired_test(part: pl.DataFrame, seed: int) -> Test:
    """Return McNemar's mid-p test for single right-or-wrong answers, else the sign-flip test."""
    if part["n"].max() == 1 and part["in_part"].sum() == 0:
        p = mcnemar_mid_p(int(part["first_better"].sum()), int(part["other_better"].sum()))
        return Test(p, "McNemar mid-p")
    return sign_flip(part["value"], seed)


def _macro_differences(source: Source, pairs: pl.DataFrame) -> Iterator[Row]:
    kept = pairs.filter(~pl.col("concept").is_in(NEVER_AVERAGED))
    for key, part in kept.partition_by(*PAIR, as_dict=True, maintain_order=True).items():
        concepts = part["concept"].unique().sort().to_list()
        if len(concepts) < 2:
            continue
        about = dict(zip(PAIR, key, strict=True))
        read = part.filter(pl.col("n") > 0)
        sums, counts = matrix(read, "value"), matrix(read, "n")
        estimate = macro_mean(sums, counts, n_missing=int(part["n_missing"].sum()))
        sql = listing(
            "question_pairs", "value", {"dataset": source.dataset, **about},
            *(f"concept <> '{name}'" for name in NEVER_AVERAGED), macro=True,
        )  # fmt: skip
        yield result(
            source, "accuracy_difference", estimate, {**about, "concept": None}, sql,
            null_value=0.0,
            test=_macro_test(contributions(sums, counts), source, key),
            detail={**_detail(part, estimate), "concepts": concepts},
        )  # fmt: skip


def _macro_test(parts: np.ndarray, source: Source, key: tuple[Any, ...]) -> Test | None:
    return sign_flip(parts, source.seed("macro_difference", *key)) if len(parts) > 1 else None


def _detail(part: pl.DataFrame, estimate: Estimate) -> dict[str, Any]:
    mde = minimum_detectable_effect(estimate.std_error or 0.0, estimate.n_clusters)
    return {**{name: int(part[name].sum()) for name in COUNTS}, "mde": rounded(mde)}
