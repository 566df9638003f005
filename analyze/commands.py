"""`mirrorlake analyze …`: from answers to estimates."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from analyze.inside_commands import probe, steer
from analyze.introspection_commands import (
    acquisition,
    behavior_change,
    calibration,
    properties,
    self_prediction,
)
from analyze.power_commands import power
from analyze.shown import interval
from console import catch, columns, emit, json_option, lake_option, next_step, say, study_option

_CONDITIONS = """
SELECT condition_id, model_id,
    coalesce(persona, CASE WHEN system_prompt IS NULL THEN 'plain' ELSE 'system prompt' END)
FROM conditions
"""


@click.group("analyze")
def analyze() -> None:
    """Turn answers and hidden states into estimates with honest intervals."""


for command in (
    probe, steer, properties, self_prediction, calibration, behavior_change, acquisition, power,
):  # fmt: skip
    analyze.add_command(command)


@analyze.command(
    "quantify", epilog="Example: mirrorlake analyze quantify --questions starter --lake lake"
)
@click.option(
    "--questions",
    "datasets",
    multiple=True,
    metavar="DATASET",
    help="Data set to analyze; give it as often as needed.  [default: all that have answers]",
)
@click.option(
    "--reading",
    type=click.Choice(["letter", "cloze", "text"]),
    help="Print this reading only; all are computed.",
)
@study_option
@lake_option
@json_option
@catch
def quantify(
    datasets: tuple[str, ...], reading: str | None, study: str, lake: str, as_json: bool
) -> None:
    """Estimate which model knows what: accuracy, consistency, baselines, comparisons.

    Scores what is new, fills the table `results`, and prints the accuracies. Nothing is
    computed twice: when no answer changed, the stored estimates are printed.
    """
    from analyze.quantify import run_quantify
    from warehouse.lake import open_lake

    opened = open_lake(lake)
    rows = run_quantify(opened, datasets or None, study)
    with opened.reader() as con:
        names = dict(con.execute("SELECT model_id, name FROM models").fetchall())
        names |= _conditions(con.execute(_CONDITIONS).fetchall())
    opened.close()
    shown = [row for row in rows if reading is None or row["reading"] in (reading, None)]
    emit(shown, as_json, columns(list(_table(shown, names))))
    say(f"{len(rows):,} estimates in the table results, study {study}.")
    imported = sorted({row["dataset"] for row in rows if row["metric"] == "imported_score"})
    if imported:
        say(f"Other tools' scores of {', '.join(imported)}: metric imported_score, in the report.")
    next_step("mirrorlake", "report", "--lake", lake, "--study", study, "--out", "report")


def _conditions(found: Sequence[tuple[str, str, str]]) -> dict[str, str]:
    """Return the words for each condition, with its id where a model has two of the same words."""
    times = Counter((model, words) for _, model, words in found)
    return {
        key: words if times[model, words] == 1 else f"{words} {key[:9]}"
        for key, model, words in found
    }


def _table(rows: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    accuracy = [row for row in rows if row["metric"] in ("accuracy", "macro_accuracy")]
    several = len({row["dataset"] for row in accuracy}) > 1
    conditions = {(row["model_id"], row["condition_id"]) for row in accuracy}
    conditioned = len(conditions) > len({model for model, _ in conditions})
    for row in accuracy:
        yield {
            **({"questions": row["dataset"]} if several else {}),
            "model": names.get(row["model_id"], row["model_id"]),
            **({"condition": names.get(row["condition_id"])} if conditioned else {}),
            "reading": row["reading"],
            "concept": row["concept"] or "(mean without harm)",
            "accuracy": interval(row),
            "chance": row["null_value"],
            "n": row["n"],
            "clusters": row["n_clusters"],
            "missing": row["n_missing"],
            "p_adjusted": row["p_adjusted"],
            "flag": json.loads(row["detail"]).get("flag"),
        }
