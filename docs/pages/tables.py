"""`docs/tables/`: a page for each table, made from the schema."""

from __future__ import annotations

from pages import views
from pages.commands import slug, writers
from pages.examples import example
from pages.markdown import fence, grid, link, page
from warehouse.schema import SCHEMA_VERSION, TABLES, Column, Table

CONTRACT = """\
Columns in **bold** are a contract: they are never renamed or dropped, so SQL that names them
goes on working. A table may gain columns, which are NULL in rows written before."""

VIEWS = """\
Analyses bring views of their own, which can be queried like tables: [views](../views/index.md).
The same in a terminal: `mirrorlake lake schema`."""

STORES = {
    "segments": "immutable Parquet files, `segments/{name}/*.parquet`",
    "ledger": "the small tables of `ledger.sqlite`, shown beside the others",
}


def pages() -> dict[str, str]:
    """Return the index and a page for each table."""
    found = {f"tables/{table.name}.md": _page(table) for table in TABLES.values()}
    return {"tables/index.md": _index(), **found}


def _index() -> str:
    rows = [
        (link(table.name, f"{table.name}.md"), table.doc, f"`{', '.join(table.key)}`")
        for table in TABLES.values()
    ]
    return page(
        "# Tables",
        f"Schema version {SCHEMA_VERSION}. Made from `warehouse/schema.py` by `make docs`.",
        "Each table is a view of its current rows; `<table>_history` shows all versions.",
        grid(("table", "what a row is", "key"), rows),
        CONTRACT,
        "## How they join",
        grid(("key", "names a row of", "stands in"), _joins()),
        VIEWS,
    )


def _joins() -> list[tuple[str, str, str]]:
    return [
        (f"`{table.key[0]}`", table.name, ", ".join(other.name for other in others))
        for table in TABLES.values()
        if len(table.key) == 1
        and (others := [each for each in TABLES.values()
                        if each is not table and table.key[0] in each.names])
    ]  # fmt: skip


def _page(table: Table) -> str:
    return page(
        f"# {table.name}",
        "Made from `warehouse/schema.py` by `make docs`. " + link("All tables", "index.md") + ".",
        table.doc,
        _facts(table),
        "## Columns",
        grid(("column", "type", "meaning"), map(_row, table.columns)),
        CONTRACT,
        "## Example",
        fence("sql", example(table.name)),
        "Run it with `mirrorlake sql`, or in any DuckDB opened on `warehouse.duckdb`.",
    )  # fmt: skip


def _facts(table: Table) -> str:
    written = [link(f"mirrorlake {name}", f"../commands/{slug(name)}.md")
               for name in writers(table.name)]  # fmt: skip
    over = [link(name, f"../views/{name}.md") for name in views.over(table.name)]
    facts = {
        "Key": f"`{', '.join(table.key)}`",
        "Versions": _versions(table),
        "Kept in": STORES[table.store].format(name=table.name),
        "Written by": ", ".join(written) or "no command of this release",
        "Views over it": ", ".join(over) or "none",
    }
    return "\n".join(f"- **{name}**: {text}." for name, text in facts.items())


def _versions(table: Table) -> str:
    newest = " and ".join(f"`{name}`" for name in table.version)
    history = f"`{table.name}_history` shows all"
    if table.replace_by:
        by = ", ".join(f"`{name}`" for name in table.replace_by)
        return f"rows of one ({by}) with the newest {newest} replace all older ones; {history}"
    if table.version:
        return f"of one key the row with the newest {newest} is current; {history}"
    if table.store == "ledger":
        return "a row may be replaced; only its newest state is kept"
    return "a row never changes"


def _row(column: Column) -> tuple[str, str, str]:
    name = f"**{column.name}**" if column.contract else column.name
    return name, column.type, column.doc + ("" if column.nullable else " (never NULL)")
