"""The estimates of one predictor's calibration on one target's answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from analyze.inference import Estimate, Test, cluster_sums, mean
from analyze.inference.calibration_counts import Counts
from analyze.inference.calibration_crossfit import cross_fitted_mad
from analyze.inference.calibration_points import RANKS, points
from analyze.inference.calibration_swaps import Statistics, excess_limits, observed, swapped
from analyze.inference.clusters import Floats
from analyze.result_rows import Row, Source, literal, result, rounded

DEALS = 999
MAD = "MAD over ten quantile bins"
SWAPPED = f"answers of both sides dealt anew within each prompt, {DEALS} times"
NO_INTERVAL = "a plain MAD has no honest interval; see mad_excess and mad_cross_fitted"
# Points of a plot that are told: means over this many groups of each rank.
DRAWN = 10


def calibration_rows(source: Source, counts: Counts, about: Mapping[str, Any]) -> Iterator[Row]:
    """Yield all estimates; none where no prompt has two answers and two predictions."""
    if counts.n == 0:
        return
    seed = source.seed("swap", *(str(value) for value in about.values())) % 2**32
    found, null = observed(counts), swapped(counts, seed, DEALS)
    sql = _sql(source, about)
    told = {"not_compliant": list(counts.not_compliant)}

    def row(metric: str, estimate: Estimate, test: Test | None = None, **more: Any) -> Row:
        detail = {**told, **more.pop("detail", {})}
        return result(source, metric, estimate, about, sql, test=test, detail=detail, **more)

    mad, expected = float(found.mad[0]), float(null.mad.mean())
    yield row(
        "mad", _estimate(counts, mad, None, f"{MAD}; null: {SWAPPED}", NO_INTERVAL),
        _beyond(null.mad, mad, seed), null_value=expected,
        detail={"by_rank": _by_rank(found, null), "points": _drawn(counts)},
    )  # fmt: skip
    around = excess_limits(mad, null.mad)
    yield row(
        "mad_excess", _estimate(counts, mad - expected, around, f"excess of the {MAD}; {SWAPPED}"),
        _beyond(null.mad, mad, seed), null_value=0.0,
    )  # fmt: skip
    yield row("mad_cross_fitted", cross_fitted_mad(counts, seed), null_value=0.0)
    distance = mean(*cluster_sums(_distances(counts), counts.clusters), n_missing=counts.n_missing)
    beyond = _beyond(null.distance, float(found.distance[0]), seed)
    yield row("squared_distance", distance, beyond, null_value=0.0)
    unseen = mean(*cluster_sums(_unseen(counts), counts.clusters), n_missing=counts.n_missing)
    beyond = _beyond(null.unseen, float(found.unseen[0]), seed)
    yield row("unseen_mass", unseen, beyond, null_value=float(null.unseen.mean()))


def _estimate(
    counts: Counts, value: float, limits: tuple[float, float] | None, method: str,
    reason: str | None = None,
) -> Estimate:  # fmt: skip
    low, high = limits or (None, None)
    sizes = (counts.n, counts.n_clusters)
    return Estimate(value, low, high, None, *sizes, method, reason, counts.n_missing)


def _beyond(null: Floats, value: float, seed: int) -> Test:
    """Return the one-sided p-value (b + 1) / (m + 1) of a statistic among deals."""
    p = (1 + int((null >= value - 1e-12).sum())) / (1 + len(null))
    return Test(p, f"one-sided: {SWAPPED}", seed)


def _distances(counts: Counts) -> Floats:
    """Return the unbiased estimate of sum_b (P_o - P_m)^2 of each prompt.

    Agreement of two answers plus that of two predictions less twice that of one of each, without
    pairs of a sample with itself (the U-statistic of Gretton et al. 2012, JMLR 13, lemma 6, with
    the kernel that is 1 for equal values).
    """
    o, p = counts.objects.astype(float), counts.predicted.astype(float)
    k, m = o.sum(axis=1), p.sum(axis=1)
    within = (o * (o - 1)).sum(axis=1) / (k * (k - 1)) + (p * (p - 1)).sum(axis=1) / (m * (m - 1))
    return np.asarray(within - 2 * (o * p).sum(axis=1) / (k * m), float)


def _unseen(counts: Counts) -> Floats:
    """Return the share of each prompt's predictions on values that no answer shows."""
    p = counts.predicted.astype(float)
    return np.asarray((p * (counts.objects == 0)).sum(axis=1) / p.sum(axis=1), float)


def _by_rank(found: Statistics, null: Statistics) -> list[dict[str, Any]]:
    """Return MAD, mean of its null and number of points of each rank that has any."""
    return [
        {
            "rank": rank + 1,
            "mad": rounded(float(found.by_rank[rank, 0])),
            "null": rounded(float(null.by_rank[rank].mean())),
            "points": int(found.ranked[rank, 0]),
        }
        for rank in range(RANKS)
        if found.ranked[rank, 0]
    ]


def _drawn(counts: Counts) -> list[list[list[float]]]:
    """Return, rank by rank, mean share of the answers, of the predictions, and number of points."""
    plotted = points(counts)
    ranks = []
    for rank in range(1, RANKS + 1):
        x, y = plotted.x[plotted.rank == rank], plotted.y[plotted.rank == rank]
        order = np.argsort(x, kind="stable")
        parts = [part for part in np.array_split(order, DRAWN) if len(part)]
        ranks.append([
            [round(float(x[part].mean()), 4), round(float(y[part].mean()), 4), len(part)]
            for part in parts
        ])  # fmt: skip
    return [rank for rank in ranks if rank]


def _sql(source: Source, about: Mapping[str, Any]) -> str:
    """Return the query that lists all samples of both sides."""
    kept = f"dataset = {literal(source.dataset)} AND temperature > 0"
    if about.get("concept") is not None:
        kept += f" AND property = {literal(about['concept'])}"
    target, predictor = literal(about["other_condition_id"]), literal(about["condition_id"])
    columns = "object_id, property, group_id, sample_index, value, compliant"
    return (
        f"SELECT 'answer' AS side, {columns} FROM property_values"
        f" WHERE {kept} AND condition_id = {target} AND split IS DISTINCT FROM 'train'"
        f" UNION ALL SELECT 'prediction', {columns} FROM predictions"
        f" WHERE {kept} AND condition_id = {predictor}"
    )
