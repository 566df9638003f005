"""Audits of results: what no honest table can show, one named query each.

A finding of 0 is written too: it says that the audit ran. The queries stand in
`queries/audits/`, one a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from analyze.views import query


@dataclass(frozen=True)
class Audit:
    """One audit: its name, how grave a finding is, and what the finding means."""

    name: str
    severity: str
    meaning: str


AUDITS = (
    Audit("accuracy_times_n", "error", "accuracies that no whole number of right answers gives"),
    Audit("estimate_outside_interval", "error", "estimates outside their own interval"),
    Audit("unequal_n_in_pair", "warning", "pairs compared on fewer questions than one answered"),
    Audit("error_text_as_answer", "error", "replies marked ok whose text is an error message"),
)

# Of analyses other than quantification, each run by the analysis that it is about.
OTHERS = (
    Audit("old_plus_new", "error", "sums of accuracies against old and new behaviour above 1"),
)


def audit_row(
    con: duckdb.DuckDBPyConnection, dataset: str, study: str, name: str
) -> dict[str, Any]:
    """Return the row of `audits` of one of the other analyses' audits."""
    [audit] = [audit for audit in OTHERS if audit.name == name]
    return _row(con, dataset, study, audit)


def audit_rows(con: duckdb.DuckDBPyConnection, dataset: str, study: str) -> list[dict[str, Any]]:
    """Return one row of `audits` for each audit of a data set's results."""
    return [_row(con, dataset, study, audit) for audit in AUDITS]


def _row(con: duckdb.DuckDBPyConnection, dataset: str, study: str, audit: Audit) -> dict[str, Any]:
    text = query(f"audits/{audit.name}")
    names = {"dataset": dataset, "study": study}
    params = {name: value for name, value in names.items() if f"${name}" in text}
    [(count, total, example)] = con.execute(text, params).fetchall()
    return {
        "dataset": dataset,
        "concept": "*",
        "audit": audit.name,
        "severity": audit.severity if count else "info",
        "count": count,
        "total": total,
        "example": example,
        "detail": f"{count:,} of {total:,}: {audit.meaning}.",
    }
