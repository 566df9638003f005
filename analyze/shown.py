"""What the analyses' commands share: which data sets, and estimates in the tables they print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from console import next_step, say

if TYPE_CHECKING:
    from warehouse.lake import Lake

datasets_option = click.option(
    "--questions",
    "datasets",
    multiple=True,
    metavar="DATASET",
    help="Data set to analyze; give it as often as needed.  [default: all that can be]",
)


def model_names(lake: Lake) -> dict[str, str]:
    """Return the names of all models by their ids."""
    with lake.reader("FROM models") as con:
        return dict(con.execute("SELECT model_id, name FROM models").fetchall())


def interval(row: Mapping[str, Any]) -> str:
    """Return an estimate with its interval, or why there is none."""
    if row["estimate"] is None:
        return str(row["reason"])
    if row["ci_low"] is None:
        return f"{row['estimate']:.3f} ({row['reason']})"
    return f"{row['estimate']:.3f} [{row['ci_low']:.3f}, {row['ci_high']:.3f}]"


def say_stored(rows: Sequence[Mapping[str, Any]], lake: str, study: str) -> None:
    """Tell how many estimates there are now and how to see them drawn."""
    say(f"{len(rows):,} estimates in the table results, study {study}.")
    next_step("mirrorlake", "report", "--lake", lake, "--study", study, "--out", "report")
