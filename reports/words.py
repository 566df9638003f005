"""Numbers and lists as people write them; the page never shows a number formatted elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

Row = Mapping[str, Any]
Unit = Literal["share", "points", "nats", "number"]

MINUS = "\u2212"


def number(value: float, unit: Unit) -> str:
    """Return a value in its unit, without the unit's sign (`0.98` -> `98`, `-0.1` -> `−10`)."""
    if unit == "nats":
        text = f"{value:+.2f}"
    elif unit == "number":
        text = f"{value:.2f}"
    elif unit == "share":
        return _share(value)
    else:
        text = f"{value * 100:+.0f}"
    if float(text) == 0:
        text = text.lstrip("+-")
    return text.replace("-", MINUS)


def _share(value: float) -> str:
    """Return a share in percent; only what is none or all reads 0 or 100."""
    text = f"{value * 100:.0f}"
    if not 0 < value < 1 or text not in ("0", "100"):
        return text
    near = f"{value * 100:.1f}"
    return {"0.0": "<0.1", "100.0": ">99.9"}.get(near, near)


def with_interval(row: Row, unit: Unit) -> str:
    """Return `98% [95, 99]`, `+8 [3, 12]` or why there is no number."""
    if row["estimate"] is None:
        return "no estimate"
    value = number(row["estimate"], unit) + ("%" if unit == "share" else "")
    if row["ci_low"] is None:
        return f"{value} (no interval)"
    return f"{value} [{number(row['ci_low'], unit)}, {number(row['ci_high'], unit)}]"


def percent(value: float) -> str:
    """Return a share as a percentage, whole unless that would read 0% or 100% wrongly."""
    return number(value, "share") + "%"


def p_text(value: float | None) -> str:
    """Return a p-value to three decimals, `< .001` below them; no p below .01 reads `.010`."""
    if value is None:
        return "–"
    if value > 0.9995:
        return "1"
    if 0.0095 <= value < 0.01:
        return f"{value:.4f}".removeprefix("0")
    return "< .001" if value < 0.001 else f"{value:.3f}".removeprefix("0")


def plain(name: str | None) -> str:
    """Return a stored name as words (`known_unknowns` -> `known unknowns`)."""
    return "all" if name is None else name.replace("_", " ")


def sentence_list(items: Sequence[str], last: str = "and") -> str:
    """Return `a`, `a and b` or `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def span(values: Iterable[int | None]) -> str:
    """Return `160`, or `120 to 160` where the values differ."""
    known = sorted({v for v in values if v is not None})
    if not known:
        return "unknown"
    return f"{known[0]:,}" if len(known) == 1 else f"{known[0]:,} to {known[-1]:,}"


def detail(row: Row) -> dict[str, Any]:
    """Return the further numbers of an estimate; empty when there are none."""
    value = json.loads(row["detail"]) if row.get("detail") else {}
    return value if isinstance(value, dict) else {}


def distinct(rows: Iterable[Row], key: str | Callable[[Row], Any]) -> list[Any]:
    """Return the distinct values that are not None, in order of first appearance."""
    get = key if callable(key) else lambda row: row[key]
    return list(dict.fromkeys(v for v in map(get, rows) if v is not None))
