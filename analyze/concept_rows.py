"""What one model does on one concept under one condition and reading, and over concepts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from analyze.frames import CELL, Frames
from analyze.inference import (
    Estimate,
    Test,
    holm_levels,
    macro_proportion,
    mean,
    proportion,
    score_test,
    sign_flip,
)
from analyze.inference.macro import contributions
from analyze.result_rows import Row, Source, adjust, coverage, listing, result, rounded

# Hazard knowledge: more of it is not better, so no average takes it in.
NEVER_AVERAGED = ("harm",)
# Beyond this share of missing questions or answers both bounds are shown.
MISSING_SHOWN = 0.01
UNLABELLED = "no question with a known right answer"

_READ = ("answerable", "value IS NOT NULL")
_ASKED = ("answerable",)
Cell = tuple[str, str, str, str]


def concept_rows(source: Source, frames: Frames) -> list[Row]:
    """Return every estimate about one model alone, tests adjusted within their families."""
    rows = [row for cell in _cells(frames) for row in _cell_rows(source, *cell)]
    for metric, family in (
        ("accuracy", "accuracy against chance over concepts, within model, condition, reading"),
        ("position_bias", "position bias over concepts, within model, condition, reading"),
    ):
        adjust((r for r in rows if r["metric"] == metric), _answerer, family)
    _simultaneous_intervals(rows, frames)
    return rows + list(_macro_rows(source, frames))


def about(cell: Cell) -> dict[str, str | None]:
    """Return the columns that a cell's name fills."""
    return dict(zip(CELL, cell, strict=True))


def _answerer(row: Row) -> tuple[str, str, str]:
    return row["reading"], row["model_id"], row["condition_id"]


def _cells(frames: Frames) -> Iterator[tuple[Cell, pl.DataFrame, dict[str, pl.DataFrame]]]:
    sides = {name: _split(getattr(frames, name)) for name in ("consistency", "families", "missing")}
    for cell, clusters in _split(frames.clusters).items():
        yield cell, clusters, {k: v[cell] for k, v in sides.items() if cell in v}


def _split(frame: pl.DataFrame) -> dict[Any, pl.DataFrame]:
    return frame.partition_by(*CELL, as_dict=True, maintain_order=True)


def _cell_rows(
    source: Source, cell: Cell, clusters: pl.DataFrame, sides: Mapping[str, pl.DataFrame]
) -> Iterator[Row]:
    yield _accuracy(source, cell, clusters, sides.get("missing"))
    yield from _bounds(source, cell, clusters)
    if "consistency" in sides:
        yield _consistency(source, cell, clusters, sides["consistency"])
    if clusters["n_first"].sum():
        yield _position_bias(source, cell, clusters)
    if clusters["n_margin"].sum():
        yield _margin(source, cell, clusters)
    if "families" in sides:
        yield _all_paraphrases(source, cell, sides["families"])
    yield from _abstention(source, cell, clusters)
    if cell[0] == "text":
        yield from (_failures(source, cell, clusters, name) for name in ("refused", "unparseable"))


def _accuracy(
    source: Source, cell: Cell, clusters: pl.DataFrame, missing: pl.DataFrame | None
) -> Row:
    estimate = _share(clusters, "value", answers=int(clusters["answers"].sum()))
    if not clusters["asked"].sum():
        estimate = replace(estimate, reason=UNLABELLED)
    chance = _ratio(clusters["chance"].sum(), estimate.n)
    excess = (clusters["value"] - clusters["chance"]).to_numpy()
    test = _against_chance(estimate, chance, excess, source.seed("accuracy", *cell))
    reasons = {} if missing is None else dict(missing.select("reason", "responses").iter_rows())
    detail = {
        **coverage(estimate),
        "orders": [clusters["min_orders"].min(), clusters["max_orders"].max()],
        "steps": _steps(clusters),
        "excluded_identical_options": int(clusters["identical"].sum()),
        "excluded_without_answer": int(clusters["no_answer"].sum()),
        "missing_responses": reasons,
    }
    return result(
        source, "accuracy", estimate, about(cell), _sql(source, cell, "value", *_READ),
        null_value=chance, test=test, detail=detail,
    )  # fmt: skip


def _against_chance(
    estimate: Estimate, chance: float | None, excess: np.ndarray, seed: int
) -> Test | None:
    """Return the sign-flip test where chance is one half for every question, else the score test.

    Only round one half do guesses fall as far above chance as below it, as sign-flipping asks.
    """
    if chance is None or estimate.n_clusters < 2:
        return None
    if math.isclose(chance, 0.5, rel_tol=1e-12):
        return sign_flip(excess, seed)
    return score_test(estimate, chance)


def _bounds(source: Source, cell: Cell, clusters: pl.DataFrame) -> Iterator[Row]:
    asked = int(clusters["asked"].sum())
    # A question of which some samples were read is not missing, but the others may move it.
    unread = float((clusters["missing_right"] - clusters["missing_wrong"]).sum())
    if max(_missing(clusters), unread) <= MISSING_SHOWN * asked:
        return
    for metric, column in (
        ("accuracy_if_missing_wrong", "missing_wrong"),
        ("accuracy_if_missing_right", "missing_right"),
    ):
        estimate = proportion(clusters[column], clusters["asked"])
        sql = _sql(source, cell, f"value_if_{column}", *_ASKED)
        yield result(source, metric, estimate, about(cell), sql, detail=coverage(estimate))


def _consistency(
    source: Source, cell: Cell, clusters: pl.DataFrame, agreement: pl.DataFrame
) -> Row:
    estimate = proportion(agreement["value"], agreement["n"], n_missing=_missing(clusters))
    sql = listing("order_consistency", "same_choice", _where(source, cell), "answerable")
    return result(
        source, "order_consistency", estimate, about(cell), sql, detail=coverage(estimate)
    )


def _position_bias(source: Source, cell: Cell, clusters: pl.DataFrame) -> Row:
    share = _share(clusters, "first_shown", "n_first", int(clusters["answers"].sum()))
    chance = _ratio(clusters["first_chance"].sum(), share.n) or 0.0
    excess = (clusters["first_shown"] - clusters["first_chance"]).to_numpy()
    test = _against_chance(share, chance, excess, source.seed("position_bias", *cell))
    return result(
        source, "position_bias", _shifted(share, -chance), about(cell),
        _sql(source, cell, "first_shown - chance", "answerable", "first_shown IS NOT NULL"),
        null_value=0.0, test=test, detail={"share_first_shown": rounded(share.value)},
    )  # fmt: skip


def _margin(source: Source, cell: Cell, clusters: pl.DataFrame) -> Row:
    estimate = mean(clusters["margin"], clusters["n_margin"], n_missing=_missing(clusters))
    sql = _sql(source, cell, "margin", "answerable", "margin IS NOT NULL")
    detail = {"unit": "nats per character" if cell[0] == "cloze" else "nats"}
    return result(source, "margin", estimate, about(cell), sql, null_value=0.0, detail=detail)


def _all_paraphrases(source: Source, cell: Cell, families: pl.DataFrame) -> Row:
    read = int(families["n"].sum())
    estimate = proportion(families["value"], families["n"], n_missing=len(families) - read)
    wordings = [families["n_wordings"].min(), families["n_wordings"].max()]
    return result(
        source, "all_paraphrases_correct", estimate, about(cell),
        listing("family_answers", "value", _where(source, cell), "NOT missing"),
        null_value=_ratio(families["chance"].sum(), read),
        detail={**coverage(estimate), "wordings": wordings, "counted": "families"},
    )  # fmt: skip


def _abstention(source: Source, cell: Cell, clusters: pl.DataFrame) -> Iterator[Row]:
    if not clusters["n_abstained"].sum():
        return
    estimate = _share(clusters, "abstained", "n_abstained")
    with_option = (*_READ, "abstained IS NOT NULL")
    yield result(
        source, "abstention_rate", estimate, about(cell),
        _sql(source, cell, "abstained", *with_option), detail=coverage(estimate),
    )  # fmt: skip
    over = _share(clusters, "over_abstained", "n_over")
    if over.n == 0:
        reason = "no question with an option to abstain has another right answer"
        over = Estimate(None, None, None, None, 0, 0, over.method, reason)
    yield result(
        source, "over_abstention_rate", over, about(cell),
        _sql(source, cell, "abstained", *with_option, "NOT right_to_abstain"),
        detail=coverage(over),
    )  # fmt: skip


def _failures(source: Source, cell: Cell, clusters: pl.DataFrame, name: str) -> Row:
    estimate = proportion(clusters[name], clusters["asked"])
    metric = {"refused": "refusal_rate", "unparseable": "unparseable_rate"}[name]
    sql = _sql(source, cell, name, *_ASKED)
    return result(source, metric, estimate, about(cell), sql, detail=coverage(estimate))


def _simultaneous_intervals(rows: list[Row], frames: Frames) -> None:
    """Add to each accuracy the interval that agrees with Holm's decision over its family."""
    cells = _split(frames.clusters)
    families: dict[Any, list[Row]] = {}
    for row in rows:
        if row["metric"] == "accuracy" and row["p_value"] is not None:
            families.setdefault(_answerer(row), []).append(row)
    for members in families.values():
        for row, error in zip(
            members, holm_levels([row["p_value"] for row in members]), strict=True
        ):
            clusters = cells[tuple(row[name] for name in CELL)]
            wide = _share(
                clusters, "value", answers=int(clusters["answers"].sum()), level=1 - float(error)
            )
            row["detail"] |= {
                "adjusted_low": rounded(wide.low),
                "adjusted_high": rounded(wide.high),
                "adjusted_level": rounded(1 - float(error)),
            }


def _macro_rows(source: Source, frames: Frames) -> Iterator[Row]:
    kept = frames.clusters.filter(~pl.col("concept").is_in(NEVER_AVERAGED), pl.col("n") > 0)
    names = CELL[:3]
    for key, part in kept.partition_by(*names, as_dict=True, maintain_order=True).items():
        concepts = part["concept"].unique(maintain_order=True).sort().to_list()
        if len(concepts) < 2:
            continue
        sums, counts, chance = (matrix(part, column) for column in ("value", "n", "chance"))
        missing = frames.clusters.filter(
            [pl.col(n) == v for n, v in zip(names, key, strict=True)]
            + [pl.col("concept").is_in(concepts)]
        )
        estimate = macro_proportion(
            sums, counts, answers=int(part["answers"].sum()), n_missing=_missing(missing)
        )
        # Everything about the centred cluster: its part of the mean less its part of chance.
        excess = ((sums - chance) / counts.sum(axis=0)).mean(axis=1)
        cell = dict(zip(names, key, strict=True))
        sql = listing(
            "question_answers", "value", {"dataset": source.dataset, **cell},
            *_READ, *(f"concept <> '{name}'" for name in NEVER_AVERAGED), macro=True,
        )  # fmt: skip
        level = float(contributions(chance, counts).sum())
        seed = source.seed("macro_accuracy", *key)
        yield result(
            source, "macro_accuracy", estimate, {**cell, "concept": None}, sql,
            null_value=level,
            test=_against_chance(estimate, level, excess, seed),
            detail={**coverage(estimate), "concepts": concepts},
        )  # fmt: skip


def matrix(part: pl.DataFrame, column: str) -> np.ndarray:
    """Return a column as an array of shape (clusters, concepts), 0 where a pair is absent."""
    wide = part.pivot("concept", index="group_id", values=column, sort_columns=True)
    return wide.drop("group_id").fill_null(0).to_numpy().astype(float)


def _share(
    clusters: pl.DataFrame,
    column: str,
    count: str = "n",
    answers: int | None = None,
    level: float = 0.95,
) -> Estimate:
    return proportion(
        clusters[column], clusters[count],
        answers=answers, n_missing=_missing(clusters), level=level,
    )  # fmt: skip


def _missing(clusters: pl.DataFrame) -> int:
    return int((clusters["asked"] - clusters["n"]).sum())


def _shifted(estimate: Estimate, by: float) -> Estimate:
    low = None if estimate.low is None else estimate.low + by
    high = None if estimate.high is None else estimate.high + by
    value = None if estimate.value is None else estimate.value + by
    return Estimate(
        value, low, high, estimate.std_error, estimate.n, estimate.n_clusters,
        estimate.method + ", less the share at random", estimate.reason, estimate.n_missing,
    )  # fmt: skip


def _steps(clusters: pl.DataFrame) -> int | None:
    """Return into how many equal steps one question's accuracy can fall, or None if many."""
    steps = clusters["steps"].explode().drop_nulls().unique().to_list()
    common = math.lcm(*steps) if steps else 2
    return common if common <= 10_000 else None


def _ratio(total: Any, n: int) -> float | None:
    return float(total) / n if n else None


def _where(source: Source, cell: Cell) -> dict[str, str | None]:
    return {"dataset": source.dataset, **about(cell)}


def _sql(source: Source, cell: Cell, value: str, *conditions: str) -> str:
    return listing("question_answers", value, _where(source, cell), *conditions)
