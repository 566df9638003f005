"""An example query for each table and view, in files that a test runs."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def example(name: str) -> str:
    """Return the example query of a table or view; raise FileNotFoundError without one."""
    return (FOLDER / f"{name}.sql").read_text("utf-8")
