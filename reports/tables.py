"""Rows as a sortable HTML table and as a CSV file that lives inside the page."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from reports.markup import Html, join, tag
from reports.queries import Answer

# Columns that a page with very many rows leaves to the lake.
LONG = (
    "sql", "method", "family", "detail", "std_error", "reason", "seed", "messages", "choices",
    "model_id", "other_model_id", "condition_id", "other_condition_id", "direction_id",
    "auroc_by_head",
)  # fmt: skip
# Rows of a table in a lean page, by how lean it is.
LEAN_ROWS = {1: 40, 2: 12}


def table(
    rows: Sequence[Mapping[str, Any]],
    names: Sequence[str] | Mapping[str, str] | None = None,
    *,
    caption: str | None = None,
) -> Html:
    """Return rows as a table in its own scrolling frame; `names` maps columns to headings."""
    if not rows:
        return tag("p", "None is recorded.", class_="note")
    names = names or list(rows[0])
    headings = names if isinstance(names, Mapping) else {name: name for name in names}
    numeric = {name for name in headings if _is_numeric(rows, name)}
    head = [tag("th", text, scope="col", class_=_class(n, numeric)) for n, text in headings.items()]
    body = [
        tag("tr", *(_cell(row.get(name), name in numeric) for name in headings)) for row in rows
    ]
    inner = tag("table", _caption(caption), tag("thead", tag("tr", *head)), tag("tbody", *body))
    label = caption or "Table"
    return tag("div", inner, class_="scroll", tabindex="0", role="region", aria_label=label)


def _caption(text: str | None) -> Html | None:
    return tag("caption", text) if text else None


def _class(name: str, numeric: set[str]) -> str | None:
    return "num" if name in numeric else None


def _is_numeric(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    values = [row.get(name) for row in rows if row.get(name) is not None]
    return bool(values) and all(isinstance(value, int | float) for value in values)


def _cell(value: Any, numeric: bool) -> Html:
    if value is None:
        return tag("td", class_="num none" if numeric else "none")
    if isinstance(value, Html):
        return tag("td", value)
    if isinstance(value, float):
        return tag("td", f"{value:.4g}", class_="num", data_sort=repr(value))
    if numeric:
        return tag("td", f"{value:,}", class_="num", data_sort=value)
    return tag("td", str(value), dir="auto")


def shortened(rows: Sequence[Mapping[str, Any]], caption: str, lean: int) -> Html:
    """Return rows as a table, only the first of them in a lean page."""
    most = LEAN_ROWS.get(lean, len(rows))
    if len(rows) <= most:
        return table(rows, caption=caption)
    rest = "the CSV has all" if lean == 1 else "the SQL gives all"
    return table(rows[:most], caption=f"{caption} (the first {most} of {len(rows):,}; {rest})")


def csv_text(answer: Answer) -> str:
    """Return the rows as CSV: numbers in full, NULL as an empty field; lean leaves LONG out."""
    names = [name for name in answer.names if not (answer.lean and name in LONG)]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([[_field(row[name]) for name in names] for row in answer.rows])
    return buffer.getvalue()


def _field(value: Any) -> Any:
    """Return a value as `mirrorlake sql --format csv` writes it: lists as JSON."""
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else value


def csv_link(answer: Answer, name: str) -> Html:
    """Return a link that saves the rows as `name.csv`; it works offline and without scripts."""
    if answer.lean > 1:
        return join("not in this page, which would be too large; the query below, with ",
                    tag("code", "--format csv"), ", gives the file.")  # fmt: skip
    data = base64.b64encode(csv_text(answer).encode()).decode()
    return tag(
        "a", "CSV", href=f"data:text/csv;charset=utf-8;base64,{data}", download=f"{name}.csv"
    )


def without_empty(answer: Answer, hidden: Sequence[str]) -> list[str]:
    """Return the columns that have a value in some row and are not hidden."""
    return [
        name
        for name in answer.names
        if name not in hidden and any(row[name] is not None for row in answer.rows)
    ]


def present(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows without the columns that are empty throughout."""
    names = rows[0] if rows else {}
    filled = [name for name in names if any(row[name] is not None for row in rows)]
    return [{name: row[name] for name in filled} for row in rows]


def unbroken(text: str | None) -> Html | None:
    """Return a cell whose text stays on one line."""
    return None if text is None else tag("span", text, class_="name")


def facts(pairs: Mapping[str, Any]) -> Html:
    """Return names with their values as a description list; empty values are left out."""
    shown = {name: value for name, value in pairs.items() if value not in (None, "")}
    return tag("dl", *(join(tag("dt", name), tag("dd", value)) for name, value in shown.items()))
