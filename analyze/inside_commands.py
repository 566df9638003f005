"""`mirrorlake analyze probe` and `mirrorlake analyze steer`: what models hold inside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import click

from analyze.shown import datasets_option, interval, model_names, say_stored
from console import catch, columns, emit, json_option, lake_option, next_step, say, study_option

Row = Mapping[str, Any]


@click.command("probe", epilog="Example: mirrorlake analyze probe --questions starter --lake lake")
@datasets_option
@study_option
@lake_option
@json_option
@catch
def probe(datasets: tuple[str, ...], study: str, lake: str, as_json: bool) -> None:
    """Say what is linearly present in hidden states, where, and beyond which baselines.

    Fits probes on groups of questions and judges them on others, at every site and layer that
    was captured. Fills the tables `results` and `directions`, and prints each concept's best.
    """
    from analyze.probe import run_probe
    from warehouse.lake import open_lake

    opened = open_lake(lake)
    rows = run_probe(opened, datasets or None, study)
    names = model_names(opened)
    opened.close()
    emit(rows, as_json, columns(list(_probed(rows, names))))
    say(f"{len(rows):,} estimates in the table results, study {study}; directions by name: "
        'mirrorlake sql "SELECT name FROM directions"')  # fmt: skip
    next_step(
        "mirrorlake", "generate", "responses", "--intervene", "DIRECTION", "--controls", "100",
        "--held-out", "--questions", "DATASET", "--model", "MODEL", "--lake", lake,
    )  # fmt: skip


def _probed(
    rows: Iterable[Mapping[str, Any]], names: Mapping[str, str]
) -> Iterable[dict[str, Any]]:
    """Yield a line for each model, label and concept: its best layer beside its baselines."""
    by_concept: dict[tuple[Any, ...], list[Row]] = {}
    about = ("dataset", "model_id", "condition_id", "reading", "concept")
    for row in rows:
        if row["metric"] == "auroc" and row["estimate"] is not None and row["head"] is None:
            by_concept.setdefault(tuple(row[name] for name in about), []).append(row)
    for (_, model, _, label, concept), found in by_concept.items():
        layers = [r for r in found if r["layer"] is not None and r["site"] != "resid_pre"]
        if not layers:
            continue
        best = max(layers, key=lambda row: row["estimate"])
        flat = {r["site"]: r["estimate"] for r in found if r["layer"] is None}
        yield {
            "model": names.get(model, model),
            "label": label,
            "concept": concept,
            "best": f"{best['site']} {best['layer']}",
            "auroc": interval(best),
            "p_adjusted": best["p_adjusted"],
            "letter": flat.get("letter"),
            "words": flat.get("bag_of_words"),
            "n": best["n"],
            "clusters": best["n_clusters"],
            "missing": best["n_missing"],
        }


@click.command("steer", epilog="Example: mirrorlake analyze steer --questions starter --lake lake")
@datasets_option
@study_option
@lake_option
@json_option
@catch
def steer(datasets: tuple[str, ...], study: str, lake: str, as_json: bool) -> None:
    """Say whether steering along a direction changes answers more than any push as long.

    Compares answers under interventions with the same questions unsteered, dose by dose, and
    with random directions that took the same steps. Fills the table `results`.
    """
    from analyze.steer import run_steer
    from warehouse.lake import open_lake

    opened = open_lake(lake)
    rows = run_steer(opened, datasets or None, study)
    names = model_names(opened)
    opened.close()
    emit(rows, as_json, columns(list(_steered(rows, names))))
    say_stored(rows, lake, study)


def _steered(
    rows: Iterable[Mapping[str, Any]], names: Mapping[str, str]
) -> Iterable[dict[str, Any]]:
    """Yield a line for each direction: its slope and where it stands among random ones."""
    distance = {_curve(row): row for row in rows if row["metric"] == "outside_random"}
    for row in (row for row in rows if row["metric"] == "slope"):
        detail = json.loads(row["detail"])
        yield {
            "model": names.get(row["model_id"], row["model_id"]),
            "direction": detail["direction"],
            "edit": row["intervention"],
            "concept": row["concept"],
            "reading": row["reading"],
            "outcome": detail["outcome"],
            "slope": interval(row),
            "p_slope": row["p_value"],
            "p_outside": distance[_curve(row)]["p_value"],
            "controls": sum(family["controls"] for family in detail["families"].values()),
            "n": row["n"],
            "clusters": row["n_clusters"],
        }


def _curve(row: Mapping[str, Any]) -> tuple[Any, ...]:
    names = ("model_id", "condition_id", "concept", "reading", "direction_id", "intervention")
    return tuple(row[name] for name in names)
