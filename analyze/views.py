"""The analyses' SQL: public views beside this module, internal queries in `queries/`.

Anyone may query the views through `mirrorlake sql`; the SQL stored with every estimate does.
"""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def query(name: str) -> str:
    """Return the text of an internal query."""
    return (
        resources.files("analyze").joinpath("queries", *f"{name}.sql".split("/")).read_text("utf-8")
    )
