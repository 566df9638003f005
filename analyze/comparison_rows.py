"""How two models, or two conditions of one, differ on the questions that both answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from analyze.concept_rows import NEVER_AVERAGED
from analyze.frames import Frames
from analyze.inference import (
    Estimate,
    Test,
    difference,
    macro_difference,
    mcnemar_mid_p,
    minimum_detectable_effect,
    sign_flip,
)
from analyze.inference.macro import contributions
from analyze.pairs import COUNTS, PAIR, Part, matrices, pairs
from analyze.result_rows import Row, Source, adjust, listing, result, rounded


def comparison_rows(source: Source, frames: Frames) -> list[Row]:
    """Return the paired difference of every two conditions, per concept and over concepts."""
    single: list[Row] = []
    macro: list[Row] = []
    for about, parts in pairs(frames.pairs):
        single += (_concept_difference(source, about, part) for part in parts)
        macro += _macro_difference(source, about, parts)
    adjust(single, _reading, "accuracy differences over pairs and concepts, within reading")
    adjust(macro, _reading, "mean accuracy differences over pairs, within reading")
    return single + macro


def _reading(row: Row) -> str:
    return str(row["reading"])


def _concept_difference(source: Source, pair: dict[str, str], part: Part) -> Row:
    about = {**pair, "concept": part.concept}
    estimate = difference(part.value, part.n, n_missing=part.n_missing)
    test = None
    if estimate.n_clusters > 1:
        test = _paired_test(part, source.seed("accuracy_difference", *about.values()))
    return result(
        source, "accuracy_difference", estimate, about,
        listing("question_pairs", "value", {"dataset": source.dataset, **about}),
        null_value=0.0, test=test, detail=_detail([part], estimate),
    )  # fmt: skip


def _paired_test(part: Part, seed: int) -> Test:
    """Return McNemar's mid-p test for single right-or-wrong answers, else the sign-flip test."""
    if part.n.max() == 1 and part.in_part == 0:
        p = mcnemar_mid_p(part.counts["first_better"], part.counts["other_better"])
        return Test(p, "McNemar mid-p")
    return sign_flip(part.value, seed)


def _macro_difference(source: Source, pair: dict[str, str], parts: list[Part]) -> Iterator[Row]:
    kept = [part for part in parts if part.concept not in NEVER_AVERAGED]
    if len(kept) < 2:
        return
    sums, counts = matrices(kept)
    missing = sum(part.n_missing for part in kept)
    estimate = macro_difference(sums, counts, n_missing=missing)
    sql = listing(
        "question_pairs", "value", {"dataset": source.dataset, **pair},
        *(f"concept <> '{name}'" for name in NEVER_AVERAGED), macro=True,
    )  # fmt: skip
    seed = source.seed("macro_difference", *(pair[name] for name in PAIR))
    yield result(
        source, "accuracy_difference", estimate, {**pair, "concept": None}, sql,
        null_value=0.0,
        test=_macro_test(contributions(sums, counts), seed),
        detail={**_detail(kept, estimate), "concepts": [part.concept for part in kept]},
    )  # fmt: skip


def _macro_test(contributed: np.ndarray, seed: int) -> Test | None:
    return sign_flip(contributed, seed) if len(contributed) > 1 else None


def _detail(parts: Sequence[Part], estimate: Estimate) -> dict[str, Any]:
    mde = minimum_detectable_effect(estimate.std_error, estimate.df)
    counts = {name: sum(part.counts[name] for part in parts) for name in COUNTS}
    return {**counts, "mde": rounded(mde)}
