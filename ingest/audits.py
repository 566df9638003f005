"""Findings about a question set, computed from its source rows, duplicates included.

Every audit is a named function over the rows of one concept (`CONCEPT_AUDITS`) or of one
data set (`DATASET_AUDITS`); what it finds becomes one row of `audits`. Checks for defects
leave no row where they find none; measured shortcuts always leave one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from ingest import balance, defects, overlap
from ingest.findings import Check, Finding, audit_frame

CONCEPT_AUDITS: dict[str, Check] = {
    "duplicate_questions": defects.duplicate_questions,
    "duplicate_stems": defects.duplicate_stems,
    "conflicting_answers": defects.conflicting_answers,
    "identical_options": defects.identical_options,
    "missing_answers": defects.missing_answers,
    "glued_options": defects.glued_options,
    "embedded_lists": defects.embedded_lists,
    "unfilled_placeholders": defects.unfilled_placeholders,
    "encoding_damage": defects.encoding_damage,
    "unbalanced_quotes": defects.unbalanced_quotes,
    "trailing_space": defects.trailing_space,
    "non_ascii": defects.non_ascii,
    "mixed_case_options": defects.mixed_case_options,
    "constant_answer_text": balance.constant_answer_text,
    "letter_imbalance": balance.letter_imbalance,
    "letter_imbalance_by_half": balance.letter_imbalance_by_half,
    "longer_option": balance.longer_option,
    "option_text_prior": balance.option_text_prior,
    "split_overlap": overlap.split_overlap,
}
DATASET_AUDITS: dict[str, Check] = {"concept_overlap": overlap.concept_overlap}

_ORDER = {"error": 0, "warning": 1, "info": 2}


def audit(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the findings about question rows as rows of `audits`, the gravest first.

    Args:
        rows: rows of `questions` as the source has them, before duplicates are dropped.
    """
    found: list[dict[str, Any]] = []
    for (dataset,), frame in audit_frame(rows).group_by("dataset", maintain_order=True):
        found += _findings(DATASET_AUDITS, frame, str(dataset), "*")
        for (concept,), part in frame.group_by("concept", maintain_order=True):
            found += _findings(CONCEPT_AUDITS, part, str(dataset), str(concept))
    return sorted(found, key=lambda row: (row["dataset"], _ORDER[row["severity"]]))


def _findings(
    checks: Mapping[str, Check], frame: pl.DataFrame, dataset: str, concept: str
) -> list[dict[str, Any]]:
    results = ((name, check(frame)) for name, check in checks.items())
    return [_row(name, finding, dataset, concept) for name, finding in results if finding]


def _row(name: str, finding: Finding, dataset: str, concept: str) -> dict[str, Any]:
    return {
        "dataset": dataset,
        "concept": concept,
        "audit": name,
        "severity": finding.severity,
        "count": finding.count,
        "total": finding.total,
        "example": finding.example,
        "detail": finding.detail,
    }
