"""Audits that measure how far a concept can be answered without reading the question."""

from __future__ import annotations

import math
from dataclasses import replace

import polars as pl

from ingest import shortcuts
from ingest.findings import Finding, Severity, example, percent


def constant_answer_text(frame: pl.DataFrame) -> Finding | None:
    """One text that is the right answer of every row: a constant answer scores 100%."""
    texts = _right_texts(frame)
    if texts.len() < 2 or texts.n_unique() > 1:
        return None
    count = texts.len()
    detail = f"The right answer is '{texts[0]:.60}' in {count:,} of {frame.height:,} rows."
    return Finding("warning", count, frame.height, example(frame), detail)


def _right_texts(frame: pl.DataFrame) -> pl.Series:
    labelled = frame.filter(pl.col("right").is_not_null())
    return labelled.select(pl.col("choices").list.get(pl.col("right")))["choices"]


def letter_imbalance(frame: pl.DataFrame) -> Finding | None:
    """How often each letter is right, over the whole concept."""
    labelled = frame.filter(pl.col("right").is_not_null())
    if labelled.is_empty():
        return None
    counts = (
        labelled["answer"].value_counts(sort=True).sort("count", "answer", descending=[True, False])
    )
    letter, count = counts.row(0)
    shares = ", ".join(f"{name} {n:,}" for name, n in counts.sort("answer").iter_rows())
    detail = f"{letter} is right in {percent(count / labelled.height)} ({shares})."
    chance = _mean(labelled["chance"])
    severity = _severity(count / labelled.height, chance, labelled.height)
    return Finding(severity, count, labelled.height, None, detail)


def letter_imbalance_by_half(frame: pl.DataFrame) -> Finding | None:
    """How often A is right in each half of a file: sorted files make contiguous folds unequal.

    Of several files the one with the largest difference is told; the count is what guessing
    each half's commoner side gets right.
    """
    files = [part for _, part in frame.group_by("source_file", maintain_order=True)]
    halves = [half for half in map(_halves, files) if half]
    return max(halves, key=lambda half: half[0])[1] if halves else None


def _halves(part: pl.DataFrame) -> tuple[float, Finding] | None:
    labelled = part.filter(pl.col("right").is_not_null())
    if labelled.height < 2:
        return None
    is_a = labelled.sort("source_row")["right"] == 0
    cut = (len(is_a) + 1) // 2
    first, second = is_a[:cut], is_a[cut:]
    difference = _mean(first) - _mean(second)
    pooled = _mean(is_a)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / len(first) + 1 / len(second)))
    odd = abs(difference) > max(0.1, 3 * spread)
    detail = (
        f"A is right in {percent(_mean(first))} of the first {len(first):,} rows and in "
        f"{percent(_mean(second))} of the last {len(second):,} ({part['source_file'][0]})."
    )
    count = sum(max(int(half.sum()), int((~half).sum())) for half in (first, second))
    finding = Finding("warning" if odd else "info", count, len(is_a), None, detail)
    return abs(difference), finding


def longer_option(frame: pl.DataFrame) -> Finding | None:
    """Accuracy of always choosing the longest option."""
    return _shortcut(frame, shortcuts.longer_option(frame), "The longest option")


def option_text_prior(frame: pl.DataFrame) -> Finding | None:
    """Accuracy of choosing the text that was right most often in the other families."""
    what = "The text right most often in other families"
    finding = _shortcut(frame, shortcuts.option_text_prior(frame), what)
    if finding is None or finding.count >= finding.total * _mean(frame["chance"]):
        return finding
    # Leaving a family out of exactly balanced shared texts tilts the rest against it.
    why = f"{finding.detail} Below chance: texts balanced over families do this by themselves."
    return replace(finding, severity="info", detail=why)


def _shortcut(frame: pl.DataFrame, credit: pl.Series, what: str) -> Finding | None:
    known = credit.drop_nulls()
    if known.is_empty():
        return None
    share = _mean(known)
    chance = _mean(frame.filter(credit.is_not_null())["chance"])
    detail = f"{what} is right in {percent(share)} (chance {percent(chance)})."
    severity = _severity(share, chance, len(known))
    return Finding(severity, round(known.sum()), len(known), None, detail)


def _severity(share: float, chance: float, n: int) -> Severity:
    """Warn beyond five points and two binomial standard errors from chance."""
    spread = 2 * math.sqrt(chance * (1 - chance) / n)
    return "warning" if abs(share - chance) > max(0.05, spread) else "info"


def _mean(values: pl.Series) -> float:
    return float(values.cast(pl.Float64).mean())  # type: ignore[arg-type]
