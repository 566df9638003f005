"""The schema as `mirrorlake lake schema` shows it: rows for machines, text for a terminal."""

from __future__ import annotations

from typing import Any

from console import columns
from warehouse.schema import TABLES, Table, table


def schema_rows(only: str | None = None) -> list[dict[str, Any]]:
    """Return one object per column; raise InputError for an unknown table."""
    return [
        {
            "table": each.name,
            "column": column.name,
            "type": column.type,
            "nullable": column.nullable,
            "key": column.name in each.key,
            "contract": column.contract,
            "doc": column.doc,
        }
        for each in _tables(only)
        for column in each.columns
    ]


def _tables(only: str | None) -> list[Table]:
    return [table(only)] if only else list(TABLES.values())


def schema_text(only: str | None = None) -> str:
    """Return the schema as aligned text."""
    parts = []
    for each in _tables(only):
        rows = [
            {
                "column": c.name,
                "type": c.type,
                "": "key" if c.name in each.key else "",
                "what": c.doc,
            }
            for c in each.columns
        ]
        parts.append(f"{each.name}: {each.doc}\n{columns(rows)}")
    return "\n\n".join(parts)
