"""Plausible rows of predictions of answers, of any size, some of them hostile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.reports import example

Row = dict[str, Any]

PROPERTIES = (
    "first_character", "last_character", "second_character", "first_word", "is_even",
    "starts_with_vowel", "among_options", "ethical_stance", "number_of_words", "last_word",
    "third_character", "matches_target",
)  # fmt: skip
# What everybody knows, and what knowing oneself adds.
SHARED, OWN = 0.2, 0.5
FEW_STRINGS = "no answers to training strings"


@dataclass(frozen=True)
class Size:
    """Who predicts whom about what; models of the same base stand next to each other.

    `knowing` are the numbers of models that know themselves, `better` those that predict
    everybody better, `crossed` the pairs that are compared crosswise.
    """

    properties: tuple[str, ...] = PROPERTIES[:2]
    knowing: tuple[int, ...] = (0,)
    better: tuple[int, ...] = ()
    crossed: tuple[tuple[int, int], ...] = ((0, 1),)
    guesses: bool = True
    agreement: float | None = None
    tasks: tuple[str, ...] = ()
    read: dict[int, float] = field(default_factory=dict)


def tables(
    models: tuple[str, ...] = ("m1", "m2"), size: Size | None = None, hostile: bool = False
) -> dict[str, list[Row]]:
    """Return rows of a study `demo` that only predicts, on the question set `pair`."""
    names = (*models, example.HOSTILE) if hostile else models
    made = example.tables(names)
    size = size or Size()
    return {
        "results": predictions(len(names), size),
        "models": made["models"],
        "conditions": made["conditions"],
        "questions": _questions(size),
        "runs": _runs(),
    }


def everything() -> dict[str, list[Row]]:
    """Return the tables of three models with rows of every kind, hostile wherever they can be."""
    size = Size(properties=(*PROPERTIES[:2], example.hostile_concept()), crossed=((0, 1), (0, 2)),
                tasks=("animals", example.HOSTILE), guesses=False, agreement=0.9)  # fmt: skip
    made = trained(apart(tables(("m1", "m2"), size, hostile=True)))
    # Two of one base, so that there is a curve.
    made["models"][2]["base"] = made["models"][0]["base"] = example.HOSTILE
    made["results"] += changes(2, 0, 0.6, 0.1, size) + calibration(2)
    made["results"] += acquisition(2, 0, example.hostile_concept())
    for row_ in made["results"]:
        if row_["reason"] is not None:
            row_["reason"] = example.HOSTILE
    made["audits"] = [
        {"dataset": "pair", "concept": "*", "audit": "old_plus_new", "severity": "error",
         "count": 1, "total": 6, "detail": "sums above 1", "example": example.HOSTILE}
    ]  # fmt: skip
    return answered(made)


def answered(made: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Return the tables with the answers of the first model and what the first two predicted."""
    texts = {0: ("pine", "p", "p"), 1: ("oak", "o", "x"), 2: ("elm", "x", "e"), 3: ("fir", "", "y")}
    for number, (answer, own, other) in texts.items():
        made["questions"].append(_question(f"q1_object_{number}", "object", None, number))
        _say(made, f"q1_object_{number}", 0, answer, "property:first_character", answer[0])
        for model, said in ((0, own), (1, other)):
            _say(made, f"q1_first_character_{number}", model, said, "prediction", said or None)
    return made


def _say(
    made: dict[str, list[Row]], question: str, model: int, text: str, scorer: str, label: str | None
) -> None:
    key = f"{question}/{model}"
    made.setdefault("responses", []).append(
        {"request_key": key, "question_id": question, "condition_id": f"c1_{model}",
         "model_id": f"m1_{model}", "variant": "-", "reading": "text", "sample_index": 0,
         "attempt": 1, "status": "ok", "text": text, "origin": "generated", "run_id": "r3",
         "created_at": example.NOON}
    )  # fmt: skip
    made.setdefault("scores", []).append(
        {"request_key": key, "scorer": scorer, "version": 1, "label": label,
         "valid": label is not None, "attempt": 1, "run_id": "r3"}
    )  # fmt: skip


def based(tables: dict[str, list[Row]], *bases: str) -> dict[str, list[Row]]:
    """Return the tables with the bases of the models, which are all of one base otherwise."""
    for row, base in zip(tables["models"], bases, strict=True):
        row["base"] = base
    return tables


def apart(tables: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Return the tables with a base of its own for each model."""
    return based(tables, *(row["name"] for row in tables["models"]))


def _questions(size: Size) -> list[Row]:
    return [
        _question(f"q1_{name}_{i}", name, name, i) for name in size.properties for i in range(4)
    ]


def _question(question: str, concept: str, name: str | None, number: int) -> Row:
    asked = f"Name tree {number}." if name is None else f"The {name} of answer {number}?"
    return {
        "question_id": question, "dataset": "pair", "concept": concept, "task": "pair",
        "split": "heldout", "group_id": f"string {number}", "property": name, "choices": [],
        "object_id": None if name is None else f"q1_object_{number}",
        "ingested_at": example.NOON,
        "messages": json.dumps([{"role": "user", "content": asked}]),
    }  # fmt: skip


def _runs() -> list[Row]:
    return [
        {"run_id": "r3", "command": "analyze self-prediction", "study": "demo", "status": "done",
         "started_at": example.NOON, "ended_at": example.NOON, "counts": "{}", "versions": "{}",
         "config": json.dumps({"datasets": ["pair"], "crossed": [["m1", "m2", "m2", "m1"]]})},
    ]  # fmt: skip


def share(predictor: int, target: int, size: Size) -> float:
    """Return how often a predictor is right about a target."""
    own = OWN * (predictor == target) * (predictor in size.knowing)
    return SHARED + own + 0.15 * (predictor in size.better)


def row(metric: str, value: float | None, half: float = 0.03, **about: Any) -> Row:
    """Return a row of `results` of this analysis."""
    told = about.pop("detail", {})
    made = {"reason": None} | example.estimate(metric, value, half) | {
        "analysis": "self-prediction", "dataset": "pair", "params": '{"dataset":"pair"}',
        "method": "mean over properties, Wilson on the effective sample size, clustered",
        "sql": "SELECT * FROM prediction_pairs", "n": 800, "n_clusters": 400,
        "detail": json.dumps(told),
    }  # fmt: skip
    if value is not None:
        made |= {"ci_low": value - half, "ci_high": value + half}
    return made | about


def predictions(models: int, size: Size) -> list[Row]:
    """Return what `analyze self-prediction` writes about models that all predict each other."""
    rng = np.random.default_rng(3)
    rows = [
        row_
        for target in range(models)
        for predictor in range(models)
        for row_ in _cell(predictor, target, size, rng)
    ]
    for target in range(models):
        rows += _guesses(target, size)
        for rival in range(models):
            if rival != target:
                rows += _contest(target, rival, size, rng)
    for first, second in size.crossed:
        rows += _crossed(first, second, size, rng)
    return rows


def ends(model: int, other: int) -> Row:
    """Return the columns that name two models."""
    return {"model_id": f"m1_{model}", "condition_id": f"c1_{model}",
            "other_model_id": f"m1_{other}", "other_condition_id": f"c1_{other}"}  # fmt: skip


def _cell(predictor: int, target: int, size: Size, rng: np.random.Generator) -> Iterator[Row]:
    about = ends(predictor, target)
    value = share(predictor, target, size)
    for name in size.properties:
        near = float(np.clip(value + rng.normal(0, 0.02), 0.01, 0.99))
        yield row("prediction_accuracy", near, 0.05, concept=name, n=400, **about)
    for metric in ("macro_accuracy", "micro_accuracy"):
        yield row(metric, value, detail={"predictions_not_compliant": 4}, **about)
    yield row("answer_compliance", 1.0, 0.0, **about)
    yield row("prediction_compliance", size.read.get(predictor, 0.99), 0.005, **about)


def _guesses(target: int, size: Size) -> Iterator[Row]:
    about = {"model_id": f"m1_{target}", "condition_id": f"c1_{target}"}
    for metric, value in (("mode_baseline", 0.15), ("input_only", 0.12)):
        known = value if size.guesses else None
        why = {} if size.guesses else {"reason": FEW_STRINGS, "n": 0, "n_clusters": 0}
        for name in size.properties:
            yield row(metric, known, concept=name, **about, **why)
        yield row(f"macro_{metric}", known, **about, **why)
    if size.agreement is not None:
        sampled = {**about, "condition_id": f"c1_{target}_sampled"}
        yield row("macro_self_agreement", size.agreement, **sampled)


def _contest(target: int, rival: int, size: Size, rng: np.random.Generator) -> Iterator[Row]:
    value = share(target, target, size) - share(rival, target, size)
    counts = {"first_better": 410, "other_better": 20, "both_right": 150, "both_wrong": 220}

    def difference(metric: str, gain: float, **about: Any) -> Row:
        return row(metric, gain, 0.04, null_value=0.0, **_tested(gain, 0.04),
                   detail={**counts, "mde": 0.056}, **ends(target, rival), **about)  # fmt: skip

    for name in size.properties:
        yield difference("advantage", value + float(rng.normal(0, 0.02)), concept=name)
    for number, task in enumerate(size.tasks):
        yield difference("advantage", value - 0.1 * number, task=task)
    yield difference("macro_advantage", value)
    yield difference("micro_advantage", value)


def _tested(value: float, half: float) -> Row:
    p = 0.0004 if abs(value) > half else 0.62
    return {"p_value": p / 2, "p_adjusted": p}


def _crossed(first: int, second: int, size: Size, rng: np.random.Generator) -> Iterator[Row]:
    gains = [share(a, a, size) - share(b, a, size) for a, b in ((first, second), (second, first))]
    value = sum(gains) / 2
    told = {"on_first": f"m1_{second}", "on_second": f"m1_{first}", "mde": 0.032}

    def fair(metric: str, gain: float, **about: Any) -> Row:
        tested = _tested(gain, 0.02) if metric.endswith("crossed_advantage") else {}
        return row(metric, gain, 0.02, null_value=0.0, detail=told, **ends(first, second),
                   **tested, **about)  # fmt: skip

    for name in size.properties:
        yield fair("crossed_advantage", value + float(rng.normal(0, 0.01)), concept=name)
    for mean in ("macro", "micro"):
        yield fair(f"{mean}_crossed_advantage", value)
        yield fair(f"{mean}_crossed_advantage_where_they_differ", 1.2 * value)
        yield fair(f"{mean}_crossed_advantage_rebalanced", 0.9 * value)


def changes(now: int, before: int, new: float, old: float, size: Size | None = None) -> list[Row]:
    """Return what `analyze behavior-change` writes about one model and what it was."""
    names = (size or Size()).properties
    about = {"model_id": f"m1_{now}", "other_model_id": f"m1_{before}",
             "analysis": "behavior-change"}  # fmt: skip
    difference = {"null_value": 0.0, "p_value": _tested(new - old, 0.06)["p_value"]}
    rows = [row("macro_accuracy_unchanged", 0.85, **about)]
    for side, value in (("new", new), ("old", old)):
        rows += [row(f"accuracy_{side}", value, concept=name, **about) for name in names]
        rows.append(row(f"macro_accuracy_{side}", value, **about))
        rows.append(row(f"macro_accuracy_{side}_rebalanced", 0.95 * value, **about))
    for metric in ("macro_new_minus_old", "micro_new_minus_old"):
        rows.append(row(metric, new - old, 0.06, detail={"both_right": 0}, **difference, **about))
    return rows


def calibration(model: int, mad: float = 0.06, ranks: int = 3) -> list[Row]:
    """Return rows of calibration of one model's predictions of itself."""
    about = {**ends(model, model), "analysis": "calibration"}
    xs = np.linspace(0.05, 0.95, 8)
    points = [[[x, float(min(x + mad / (1 + rank), 1.0)), 40] for x in xs] for rank in range(ranks)]
    return [
        row_
        for name in (None, *PROPERTIES[:2])
        for row_ in (
            row("mad", mad, concept=name, null_value=0.04, detail={"points": points}, **about),
            row("mad_excess", mad - 0.04, 0.01, concept=name, **about),
            row("mad_cross_fitted", mad - 0.045, 0.012, concept=name, **about),
            row("squared_distance", 0.02, 0.004, concept=name, **about),
            row("unseen_mass", 0.07, 0.01, concept=name, **about),
        )
    ]


def acquisition(after: int, before: int, taught: str = "belief") -> list[Row]:
    """Return what `analyze acquisition` writes about a model trained on one concept of three."""
    about = {**ends(after, before), "analysis": "acquisition", "reading": "letter"}
    rows = []
    for name in (taught, "harm", "deception"):
        value = 0.2 if name == taught else 0.01
        told = {"taught": name == taught, "mde": 0.05}
        same = {**about, "concept": name, "detail": told}
        for metric in ("gain", "gain_over_control"):
            rows.append(row(metric, value, 0.04, null_value=0.0, **_tested(value, 0.04), **same))
        for metric, level in (("accuracy_after", 0.6 + value), ("accuracy_before", 0.6)):
            rows.append(row(metric, level, null_value=0.5, **same))
        rows.append(row("baseline_longer_option", 0.55, null_value=0.5, **same))
    return rows


SIZES = (1_000, 5_000, 30_000)


def trained(tables: dict[str, list[Row]], sizes: tuple[int, ...] = SIZES) -> dict[str, list[Row]]:
    """Return the tables with training sets about the first model, one a model, in turn of size."""
    tables["training_sets"] = [
        {"training_set_id": f"s1_{n}", "name": f"knows-{n}", "kind": "self-prediction",
         "target_model_id": "m1_0", "recipe": json.dumps({"per_cell": n, "seed": 0}), "n_rows": n,
         "rows_digest": "5f", "created_at": example.NOON}
        for n in sizes
    ]  # fmt: skip
    for number, model in enumerate(tables["models"]):
        card = {"training_set_id": f"s1_{sizes[number % len(sizes)]}"}
        model |= {"card": json.dumps(card), "seed": 0}
    return tables
