"""What an accuracy says: on which side of chance it is, and whether a surface rule is ruled out."""

from __future__ import annotations

from reports.words import Row, detail

ALPHA = 0.05


def verdict(row: Row) -> str:
    """Return on which side of chance the answers are, by the test adjusted over its family."""
    if None in (row["estimate"], row["null_value"], row["p_adjusted"]):
        return "unknown"
    if row["p_adjusted"] >= ALPHA:
        return "none"
    return "above" if row["estimate"] > row["null_value"] else "below"


def doubted(row: Row) -> bool:
    """Return whether a surface rule could explain a score; one at chance needs no explaining."""
    return verdict(row) == "above" and bool(detail(row).get("flag"))
