"""Audits of the stored results: what their own rows say against the published table.

A finding of 0 is written too: it says that the audit ran.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from ingest.findings import Finding
from ingest.introspection.result_rows import DATASET
from ingest.introspection.stored import LAYOUT, MICRO, Stored, bare

Row = dict[str, Any]

_ITEM = ["task", "string", "property"]
_CLOSE = 1e-6


def missing_property_filter(stored: Stored, table: pl.DataFrame) -> Finding:
    """Rows that stand in the block of one property and ask for another."""
    items = stored.items
    own = pl.col("property") == pl.col("block").str.split("/").list.last()
    strays = items.filter(~own)
    before, after = _sides(table)
    parts = []
    for (name, _), old, new in zip(LAYOUT, before, after, strict=True):
        value, other = old["filtered_accuracy"], new["filtered_accuracy"]
        shown = f"{value:.6f}" if value == other else f"{value:.6f} and {other:.6f}"
        parts.append(f"{bare(name)} {shown} (n {old['filtered_count']})")
    same = sum(o["filtered_accuracy"] == n["filtered_accuracy"]
               for o, n in zip(before, after, strict=True))  # fmt: skip
    detail = (
        f"{strays.height:,} of {items.height:,} rows stand under a property that they do not ask "
        "for: rows were chosen by an unchanged answer for the property, but not filtered to it. "
        f"With the filter the accuracies before and after are equal in {same} of {len(LAYOUT)} "
        f"properties: {', '.join(parts)}."
    )
    row = strays.row(0, named=True) if strays.height else None
    shown_row = (
        f"{stored.file} row {row['row']}: block {bare(row['block'])} asks for {row['property']}"
        if row else None
    )  # fmt: skip
    return Finding("error", strays.height, items.height, shown_row, detail)


def repeated_items(stored: Stored, table: pl.DataFrame) -> Finding:
    """Rows that repeat an item of another block: the published rows are not independent."""
    items = stored.items
    again = items.filter(~pl.struct("object_model", *_ITEM).is_first_distinct())
    detail = (
        f"{again.height:,} of {items.height:,} rows repeat an item of another block; the micro "
        "average counts each once, the rows by property do not."
    )
    return Finding("warning" if again.height else "info", again.height, items.height, None, detail)


def same_answer_other_score(stored: Stored, table: pl.DataFrame) -> Finding:
    """Items whose answer did not change with the model, though the score did."""
    pairs = _pairs(stored)
    same = pairs.filter(pl.col("answer") == pl.col("answer_after"))
    odd = same.filter(pl.col("correct") != pl.col("correct_after"))
    detail = (
        f"{odd.height:,} of {same.height:,} items with an unchanged answer are scored otherwise "
        "after training than before."
    )
    return Finding("error" if odd.height else "info", odd.height, same.height, None, detail)


def both_right(stored: Stored, table: pl.DataFrame) -> Finding:
    """Items whose answer changed, and whose one prediction counts as right of both."""
    pairs = _pairs(stored)
    shifted = pairs.filter(pl.col("answer") != pl.col("answer_after"))
    both = shifted.filter(pl.col("correct") & pl.col("correct_after"))
    old, new = (
        int(shifted[name].sum()) / max(1, shifted.height) for name in ("correct", "correct_after")
    )
    detail = (
        f"{both.height:,} of {shifted.height:,} items with a changed answer count as right of the "
        f"old and of the new one (accuracies {old:.6f} and {new:.6f}, which add up to at most 1)."
    )
    return Finding("error" if both.height else "info", both.height, shifted.height, None, detail)


def published_table_differs(stored: Stored, table: pl.DataFrame) -> Finding | None:
    """Published rows whose accuracy, error or count the file's items do not give."""
    joined = _beside(stored, table)
    if joined is None:
        return None
    gaps = joined.select(
        pl.max_horizontal(
            (pl.col(name) - pl.col(f"{name}_published")).abs()
            for name in ("accuracy", "error", "count")
        ).alias("gap")
    )["gap"]
    far = int((gaps > _CLOSE).sum())
    largest = float(gaps.max() or 0.0)  # type: ignore[arg-type]
    detail = (
        f"{far} of {joined.height} published rows differ in accuracy, error or count from what the "
        f"items give, by more than 1e-6 (largest difference {largest:.1e})."
    )
    return Finding("error" if far else "info", far, joined.height, None, detail)


def fractional_counts(stored: Stored, table: pl.DataFrame) -> Finding | None:
    """Published accuracies that no whole number of right predictions gives."""
    joined = _beside(stored, table)
    if joined is None:
        return None
    right = pl.col("accuracy_published") * pl.col("count_published")
    # Six decimals are published.
    odd = joined.filter((right - right.round()).abs() > 5e-7 * pl.col("count_published") + 1e-9)
    detail = f"{odd.height} of {joined.height} published accuracies times n are no whole number."
    return Finding("error" if odd.height else "info", odd.height, joined.height, None, detail)


def unequal_counts(stored: Stored, table: pl.DataFrame) -> Finding | None:
    """Published pairs, before and after training, over different numbers of items."""
    joined = _beside(stored, table)
    if joined is None:
        return None
    counts = joined.group_by("response_property").agg(pl.col("count_published").n_unique())
    odd = counts.filter(pl.col("count_published") > 1).height
    detail = f"{odd} of {counts.height} published pairs are over different numbers of items."
    return Finding("warning" if odd else "info", odd, counts.height, None, detail)


def one_mode_baseline(stored: Stored, table: pl.DataFrame) -> Finding | None:
    """Published rows whose mode baseline is that of all rows together, not the property's own."""
    published = stored.published
    if published is None:
        return None
    values = published.group_by("object_model").agg(pl.col("mode_accuracy").n_unique())
    one = published.filter(
        pl.col("object_model").is_in(
            values.filter(pl.col("mode_accuracy") == 1)["object_model"].implode()
        )
    )
    detail = (
        f"{one.height} of {published.height} published rows share one mode baseline a model, "
        "whatever their property: it is not the baseline of the row, and the items do not give it."
    )
    return Finding("warning" if one.height else "info", one.height, published.height, None, detail)


RESULT_AUDITS: dict[str, Callable[[Stored, pl.DataFrame], Finding | None]] = {
    "missing_property_filter": missing_property_filter,
    "repeated_items": repeated_items,
    "one_mode_baseline": one_mode_baseline,
    "published_table_differs": published_table_differs,
    "fractional_counts": fractional_counts,
    "unequal_counts": unequal_counts,
    "same_answer_other_score": same_answer_other_score,
    "both_right": both_right,
}


def audit_results(stored: Stored, table: pl.DataFrame) -> list[Row]:
    """Return the findings about stored results as rows of `audits`."""
    results = ((name, check(stored, table)) for name, check in RESULT_AUDITS.items())
    return [
        {
            "dataset": DATASET,
            "concept": "*",
            "audit": name,
            "severity": finding.severity,
            "count": finding.count,
            "total": finding.total,
            "example": finding.example,
            "detail": finding.detail,
        }
        for name, finding in results
        if finding is not None
    ]


def _sides(table: pl.DataFrame) -> tuple[list[Row], list[Row]]:
    """Return the rows of the two targets, property by property in the published order."""
    rows = [row for row in table.to_dicts() if row["response_property"] != MICRO]
    targets = list(dict.fromkeys(row["object_model"] for row in rows))
    first, second = ([r for r in rows if r["object_model"] == target] for target in targets)
    return first, second


def _pairs(stored: Stored) -> pl.DataFrame:
    """Return each item of the first target beside that of the second."""
    items = stored.items.unique(["object_model", *_ITEM], keep="first", maintain_order=True)
    first, second = items.partition_by("object_model", maintain_order=True)
    return first.join(second, on=_ITEM, suffix="_after", maintain_order="left")


def _beside(stored: Stored, table: pl.DataFrame) -> pl.DataFrame | None:
    if stored.published is None:
        return None
    on = ["response_property", "object_model"]
    return table.join(stored.published, on=on, suffix="_published", how="inner")
