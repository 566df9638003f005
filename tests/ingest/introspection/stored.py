"""A results file of the real one's layout, with rows written here."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from pathlib import Path
from statistics import mean, stdev
from typing import Any

Row = dict[str, Any]

BEFORE, AFTER = "small-1", "ft:small-1"
LAYOUT = {
    "writing_stories/main_character_name": 116, "syllable_count": 294, "first_character": 426,
    "first_word": 156, "last_character": 366, "sentiment": 68, "is_even": 207,
}  # fmt: skip


def items(edit: Callable[[list[Row]], None] = lambda rows: None) -> list[Row]:
    """The 3,266 rows: in each block every second row asks for the next block's property.

    Every fourth answer differs after training, and then at most one of the scores is right.
    """
    rng = random.Random(0)
    names = list(LAYOUT)
    rows: dict[str, list[Row]] = {BEFORE: [], AFTER: []}
    for place, (block, size) in enumerate(LAYOUT.items()):
        for n in range(size):
            wanted = names[(place + n % 2) % len(names)]
            shifted, right = n % 4 == 0, rng.random() < 0.6
            told = {BEFORE: ("a", right), AFTER: ("b", not right)}
            for model, (answer, correct) in told.items():
                rows[model].append(
                    {
                        "predicted_correctly": correct if shifted else right,
                        "task": f"task {place}",
                        "string": f"string {n}",
                        "response_property": wanted,
                        "meta_model": AFTER,
                        "object_model": model,
                        "object_response_property_answer": answer if shifted else "a",
                        "object_response_raw_response": f"{answer if shifted else 'a'} reply",
                        "block": block,
                    }
                )
    found = [*rows[BEFORE], *rows[AFTER]]
    edit(found)
    return found


def table(rows: list[Row]) -> list[Row]:
    """The published rows of these items, as the paper computed them."""
    found = []
    for model in (BEFORE, AFTER):
        of = [row for row in rows if row["object_model"] == model]
        for block in LAYOUT:
            found.append(_row(block, model, [r for r in of if r["block"] == block]))
        unique = {(r["task"], r["string"], r["response_property"]): r for r in of}
        found.append(_row("zMicro-average", model, list(unique.values())))
    return found


def _row(name: str, model: str, rows: list[Row]) -> Row:
    values = [float(row["predicted_correctly"]) for row in rows]
    return {
        "response_property": name, "accuracy": round(mean(values), 6), "object_model": model,
        "error": round(1.96 * stdev(values) / len(values) ** 0.5, 6),
        "mode_accuracy": 0.36 if model == BEFORE else 0.42, "count": len(values),
    }  # fmt: skip


def write(folder: Path, rows: list[Row], published: list[Row] | None = None) -> Path:
    """Write the files and return their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    bare = [{name: row[name] for name in row if name != "block"} for row in rows]
    _csv(folder / "inspect_response_property_results.csv", bare)
    if published is not None:
        _csv(folder / "response_property_results.csv", published)
    return folder


def _csv(file: Path, rows: list[Row]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, ["", *rows[0]], restval="")
        writer.writeheader()
        writer.writerows({"": n, **row} for n, row in enumerate(rows))
