"""`docs/views/`: a page for each view that analyses bring, from its SQL and its columns."""

from __future__ import annotations

import re
from functools import cache

import duckdb

from pages.examples import example
from pages.markdown import fence, grid, link, page
from pages.view_columns import meaning
from warehouse.schema import TABLES
from warehouse.views import analysis_views, create


def pages() -> dict[str, str]:
    """Return the index and a page for each view."""
    found = {f"views/{name}.md": _page(name) for name in analysis_views()}
    return {"views/index.md": _index(), **found}


def over(table: str) -> list[str]:
    """Return the views that name a table or view in their SQL, in the order of creation."""
    return [view for view in analysis_views() if table in stands_on(view)]


@cache
def stands_on(view: str) -> list[str]:
    """Return the tables and views that a view's SQL reads."""
    words = set(re.findall(r"\b(?:FROM|JOIN)\s+(\w+)", _code(view)))
    return [name for name in (*TABLES, *analysis_views()) if name in words]


def header(view: str) -> str:
    """Return the comment that begins a view's file, as one paragraph."""
    lines = [line for line in analysis_views()[view].splitlines() if line.startswith("--")]
    return " ".join(line.removeprefix("--").strip() for line in lines)


def grain(view: str) -> str:
    """Return what one row of a view is, without the period."""
    return re.split(r"[.:;](?: |$)", header(view))[0]


def _code(view: str) -> str:
    return re.sub(r"--.*", "", analysis_views()[view])


@cache
def _columns() -> dict[str, list[tuple[str, str]]]:
    with duckdb.connect() as con:
        create(con, {})
        return {
            view: [(str(row[0]), str(row[1])) for row in con.sql(f"DESCRIBE {view}").fetchall()]
            for view in analysis_views()
        }


def _index() -> str:
    rows = [
        (link(name, f"{name}.md"), f"{grain(name)}.",
         ", ".join(stands_on(name)))
        for name in analysis_views()
    ]  # fmt: skip
    return page(
        "# Views",
        "Made from `analyze/*.sql` by `make docs`.",
        "Views stand between the rows and the estimates: each is one step of an analysis, and "
        "can be queried like a [table](../tables/index.md). Each stands on those above it.",
        grid(("view", "what a row is", "reads"), rows),
    )


def _page(view: str) -> str:
    reads = [link(name, _target(name)) for name in stands_on(view)]
    read_by = [link(name, _target(name)) for name in over(view)]
    columns = [(name, kind, meaning(view, name)) for name, kind in _columns()[view]]
    return page(
        f"# {view}",
        f"Made from `analyze/{view}.sql` by `make docs`. " + link("All views", "index.md") + ".",
        header(view),
        f"- **Reads**: {', '.join(reads)}.\n"
        f"- **Read by the views**: {', '.join(read_by) or 'none'}.",
        "## Columns",
        grid(("column", "type", "meaning"), columns),
        "## Example",
        fence("sql", example(view)),
        "Its definition: " + link(f"analyze/{view}.sql", f"../../analyze/{view}.sql") + ".",
    )


def _target(name: str) -> str:
    return f"../tables/{name}.md" if name in TABLES else f"{name}.md"
