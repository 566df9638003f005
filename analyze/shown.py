"""Estimates in the tables that commands print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def interval(row: Mapping[str, Any]) -> str:
    """Return an estimate with its interval, or why there is none."""
    if row["estimate"] is None:
        return str(row["reason"])
    if row["ci_low"] is None:
        return f"{row['estimate']:.3f} ({row['reason']})"
    return f"{row['estimate']:.3f} [{row['ci_low']:.3f}, {row['ci_high']:.3f}]"
