"""Audits that look for clusters on both sides of a comparison."""

from __future__ import annotations

import polars as pl

from ingest.findings import Finding, example


def split_overlap(frame: pl.DataFrame) -> Finding | None:
    """Groups of another split that also occur in `train`: held-out items that are not."""
    train = frame.filter(pl.col("split") == "train")
    held_out = frame.filter(pl.col("split") != "train")
    if train.is_empty() or held_out.is_empty():
        return None
    shared = held_out.filter(pl.col("group_id").is_in(train["group_id"].unique().implode()))
    if shared.is_empty():
        return None
    count, total = shared["group_id"].n_unique(), held_out["group_id"].n_unique()
    names = "/".join(sorted(held_out["split"].unique()))
    detail = (
        f"{count:,} of the {total:,} groups of split {names} ({shared.height:,} of "
        f"{held_out.height:,} rows) also occur in split train."
    )
    return Finding("warning", count, total, example(shared), detail)


def concept_overlap(frame: pl.DataFrame) -> Finding | None:
    """Groups that occur in more than one concept: the concepts are not independent."""
    concepts = frame.group_by("group_id").agg(pl.col("concept").unique().sort())
    shared = concepts.filter(pl.col("concept").list.len() > 1)
    if shared.is_empty():
        return None
    largest = (
        shared.group_by(pl.col("concept").list.join(" and ")).len().sort("len", "concept").row(-1)
    )
    detail = (
        f"{shared.height:,} of {concepts.height:,} groups occur in more than one concept, "
        f"{largest[1]:,} of them in {largest[0]}: these concepts are not independent."
    )
    rows = frame.filter(pl.col("group_id").is_in(shared["group_id"].implode()))
    return Finding("info", shared.height, concepts.height, example(rows), detail)
