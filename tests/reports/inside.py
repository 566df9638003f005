"""Plausible rows of probes and of steering, of any size, some of them hostile."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from reports.study import TEN_CONCEPTS
from tests.reports import example

Row = dict[str, Any]

LETTERS, WORDS = "letter", "bag_of_words"
NULL_95 = 0.63
NO_TWIN = (
    "the random-init twin was not captured; run: mirrorlake generate activations "
    "--questions starter --model tiny/base --baselines"
)


def tables(
    models: tuple[str, ...] = ("tiny/base",),
    concepts: tuple[str, ...] = TEN_CONCEPTS[:5],
    *,
    size: Size | None = None,
    hostile: bool = False,
) -> dict[str, list[Row]]:
    """Return the rows of the example study with those of probes and steering among its results."""
    made = example.tables(models, concepts, hostile)
    many = len(made["models"])
    names = (*concepts, example.hostile_concept()) if hostile else concepts
    made["results"] += probes(names, many, size or Size()) + steering(names[0], hostile=hostile)
    made["directions"] = directions(2)
    return _attacked(made) if hostile else made


def _attacked(made: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Put the attack wherever a name of probes or steering can stand."""
    for row in made["results"]:
        if row["analysis"] == "steer":
            details = json.loads(row["detail"])
            bands = details.get("random_band")
            if bands:
                details["random_band"] = {example.HOSTILE: bands["isotropic"], **bands}
            named = {"edit": example.HOSTILE, "positions": example.HOSTILE}
            row["detail"] = json.dumps(details | named)
            row["site"] = example.HOSTILE
        elif row["metric"] == "shape":
            row["detail"] = json.dumps({"shape": example.HOSTILE})
        elif row["metric"] == "auroc_mean_difference" and row["layer"] == 3:
            row |= {"estimate": None, "reason": example.HOSTILE}
    return made


@dataclass(frozen=True)
class Size:
    """How much was probed."""

    layers: int = 4
    heads: int = 4
    labels: tuple[str, ...] = ("right", "answer")
    twin: bool = True


def strength(number: int) -> float:
    """Return how well the concept of a number is read: well, by a shortcut, or not at all."""
    return (0.48, 0.44, 0.4, 0.3, 0.0)[number % 5]


def probes(
    concepts: tuple[str, ...], models: int = 1, size: Size = Size(), first: int = 0
) -> list[Row]:
    """Return what `analyze probe` writes about models `first` on."""
    rng = np.random.default_rng(11)
    return [
        row
        for model in range(first, first + models)
        for label in size.labels
        for number, concept in enumerate(concepts)
        for row in _concept(concept, number, model, label, size, rng, concepts)
    ]


def _concept(
    concept: str, number: int, model: int, label: str, size: Size, rng: np.random.Generator,
    concepts: tuple[str, ...],
) -> Iterator[Row]:  # fmt: skip
    top = strength(number) * (1 - 0.12 * model)
    who = {"concept": concept, "reading": label, "model_id": f"m1_{model}",
           "condition_id": f"c1_{model}"}  # fmt: skip
    found = top > 0.1

    def at(metric: str, value: float | None, half: float = 0.05, **more: Any) -> Row:
        return probe(metric, value, half, **{**who, **more})

    def near(value: float, spread: float = 0.02) -> float:
        return float(np.clip(value + rng.normal(0, spread), 0.0, 1.0))

    yield at("auroc", near(0.5), site=LETTERS)
    # The fourth concept of five is explained by its words.
    yield at("auroc", near(0.8 if number % 5 == 3 else 0.53), site=WORDS)
    yield at("auroc", near(0.52), site="resid_pre", layer=0, layers=size.layers)
    for layer in range(size.layers):
        rise = 1 / (1 + math.exp(-6 * ((layer + 1) / size.layers - 0.35)))
        place = {"site": "resid_post", "layer": layer, "layers": size.layers}
        value = near(0.5 + top * rise, 0.012)
        p = 0.005 if found and value > NULL_95 else 0.4
        yield at("auroc", value, p_value=p / 2, p_adjusted=p, **place)
        for metric, lower in (("auroc_letter_swap", 0.02), ("auroc_mean_difference", 0.03)):
            yield at(metric, value - lower, **place)
        yield at("selectivity", top * rise * 0.8, null_value=0.0, **place)
        yield at("accuracy", 0.5 + top * rise * 0.9, **place)
        if size.twin:
            yield at("auroc_random_twin", near(0.55), other_model_id=f"m1_{model}~random", **place)
        for other in concepts:
            share = 1.0 if other == concept else 0.6 * float(rng.random())
            yield at("transfer", near(0.5 + top * rise * share), other_concept=other, **place)
        for head in range(size.heads):
            own = near(0.5 + top * rise * max(0.0, float(rng.normal(0.3, 0.3))), 0.03)
            yield at("auroc", own, p_value=0.01, p_adjusted=0.005 if own > 0.7 else 0.6,
                     **place | {"site": "attn_head_in", "head": head})  # fmt: skip
        yield at("auroc", value - 0.05, p_value=0.01, p_adjusted=p, **place | {"site": "mlp_out"})
    if not size.twin:
        yield at("auroc_random_twin", None, reason=NO_TWIN)
    yield at("shape", 0.8, more={"shape": "rising", "site": "resid_post"})
    best = {"layer": size.layers - 1, "site": "resid_post"}
    yield at("max_auroc", 0.5 + top, p_value=0.002 if found else 0.3, more=best)


def probe(
    metric: str, value: float | None, half: float = 0.05, layers: int = 4,
    more: Row | None = None, **about: Any,
) -> Row:  # fmt: skip
    """Return one row of a probe."""
    row = example.estimate(metric, value, half, null_value=0.5) | {
        "analysis": "probe",
        "method": "mean over folds, group bootstrap; group-flip maximum over 36 sites, 999 flips",
        "sql": f"SELECT * FROM probe_scores WHERE concept = '{about['concept']}'",
        "params": json.dumps({"dataset": "starter", "folds": 5}),
    }
    if value is not None:
        row |= {"ci_low": max(value - half, 0.0), "ci_high": min(value + half, 1.0)}
        band = [max(value - 1.6 * half, 0.0), min(value + 1.6 * half, 1.0)]
        row["detail"] = json.dumps(
            {
                "band": band,
                "null_95": NULL_95,
                "position": "choice",
                "layers": layers,
                **(more or {}),
            }
        )
    return row | about


DOSES = (-4.0, -2.0, 2.0, 4.0)
FAMILIES = {"isotropic": 0.4, "covariance": 1.3, "shuffled": 0.9}


def steering(
    concept: str, names: tuple[str, ...] = ("causal", "inert"), hostile: bool = False
) -> list[Row]:
    """Return what `analyze steer` writes; only the first direction controls the answer."""
    return [
        row
        for number, name in enumerate(names)
        for row in _push(concept, number, example.HOSTILE if hostile else name)
    ]


def _push(concept: str, number: int, name: str) -> Iterator[Row]:
    slope = 2.0 if number == 0 else 0.1
    p = 0.0099 if number == 0 else 0.3 + 0.01 * number
    about = {"direction": name, "outcome": "right_shift", "edit": "add", "positions": "last"}
    families = {family: {"p": p, "controls": 100} for family in FAMILIES}

    def row(metric: str, value: float, half: float, extra: Row, **more: Any) -> Row:
        return example.estimate(metric, value, half) | {
            "analysis": "steer", "params": json.dumps({"dataset": "starter"}),
            "method": "clustered mean, t interval", "sql": "SELECT * FROM steered_shifts",
            "model_id": "m1_0", "condition_id": "c1_0", "concept": concept, "reading": "letter",
            "site": "resid_post", "layer": 2, "direction_id": f"d1_{number}",
            "ci_low": value - half, "ci_high": value + half,
            "detail": json.dumps(about | extra), **more,
        }  # fmt: skip

    for dose in DOSES:
        band = {family: [-abs(dose) * width, abs(dose) * width]
                for family, width in FAMILIES.items()}  # fmt: skip
        yield row("shift", slope * dose, 0.4, {"random_band": band}, dose=dose)
        yield row("kl", 0.01 * dose * dose, 0.004, {}, dose=dose)
        yield row("correct", 0.9 - 0.02 * abs(dose), 0.05, {}, dose=dose)
        yield row("text_shift", -0.01 * abs(dose), 0.005, {}, dose=dose)
    yield row("slope", slope, 0.1, {"families": families}, p_value=p)
    yield row("outside_random", 4.0 if number == 0 else 1.0, 0.0, {"families": families}, p_value=p)


def directions(count: int) -> list[Row]:
    """Return the directions that were steered along."""
    return [
        {"direction_id": f"d1_{i}", "kind": "mean_difference", "model_id": "m1_0",
         "site": "resid_post", "layer": 2, "concept": "belief", "name": f"direction {i}",
         "label": "right", "params": "{}", "vector": [1.0, 0.0], "run_id": "r3"}
        for i in range(count)
    ]  # fmt: skip
