"""A small study with plausible rows of every kind, some of them hostile, in plain DuckDB."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from reports.study import TEN_CONCEPTS
from warehouse.schema import TABLES, arrow_schema

NOON = datetime(2026, 11, 20, 12, 0, 0)
SCRIPT = "</script><script>document.documentElement.dataset.owned='1'</script>"
IMAGE = "<img src=http://leak.invalid/x onerror=\"document.documentElement.dataset.owned='2'\">"
EXPRESSION = "datum.constructor.constructor('document.documentElement.dataset.owned=3')()"
HOSTILE = f"{SCRIPT}{IMAGE}{EXPRESSION}\u2028&amp;]]>"

Row = dict[str, Any]

KNOWN = {"belief": 0.98, "intention": 0.95, "deception": 0.9, "harm": 0.84, "known_knowns": 0.78}


def hostile_concept() -> str:
    """A concept name that tries to leave every context it is put in."""
    return f"'\"{SCRIPT}{EXPRESSION}"


def connect(tables: dict[str, list[Row]]) -> duckdb.DuckDBPyConnection:
    """Return an in-memory database with every table of the lake, filled where rows are given."""
    con = duckdb.connect()
    for name, table in TABLES.items():
        rows = [dict.fromkeys(table.names) | row for row in tables.get(name, [])]
        con.register("incoming", pa.Table.from_pylist(rows, arrow_schema(name)))
        con.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming")
        con.unregister("incoming")
    return con


def tables(
    models: tuple[str, ...] = ("tiny/base",),
    concepts: tuple[str, ...] = TEN_CONCEPTS,
    hostile: bool = False,
) -> dict[str, list[Row]]:
    """Return rows of a study `demo` on the question set `starter`."""
    rng = np.random.default_rng(7)
    concepts = (*concepts, hostile_concept()) if hostile else concepts
    names = (*models, HOSTILE) if hostile else models
    questions = [_question(c, i, hostile) for c in concepts for i in range(8)]
    responses, scores = _answers(questions, len(names), hostile, rng)
    return {
        "questions": questions,
        "responses": responses,
        "scores": scores,
        "results": _results(concepts, len(names), rng),
        "models": [_model(i, name) for i, name in enumerate(names)],
        "conditions": [_condition(i) for i in range(len(names))],
        "audits": _audits(hostile),
        "runs": _runs(),
    }


def _question(concept: str, number: int, hostile: bool) -> Row:
    text = f"Which of these is an example of {concept}, number {number}?"
    return {
        "question_id": f"q1_{[*TEN_CONCEPTS, concept].index(concept)}_{number}",
        "dataset": "starter",
        "concept": concept,
        "split": "test",
        "group_id": f"{concept}/{number // 4}",
        "messages": json.dumps([{"role": "user", "content": text + HOSTILE * hostile}]),
        "choices": ["The first thing", HOSTILE if hostile else "Another thing, a little longer"],
        "answer": "AB"[number % 2],
        "source_file": "starter.jsonl",
        "source_row": number + 1,
        "ingested_at": NOON,
        "run_id": "r1",
    }


def _answers(
    questions: list[Row], models: int, hostile: bool, rng: np.random.Generator
) -> tuple[list[Row], list[Row]]:
    responses, scores = [], []
    for question in questions:
        for model in range(models):
            for reading, variant in (("letter", "AB"), ("letter", "BA"), ("cloze", "-")):
                p = float(rng.uniform(0.2, 0.99))
                right = "AB".index(question["answer"])
                logprobs = [math.log(p if i == right else 1 - p) for i in range(2)]
                key = f"{question['question_id']}/{model}/{reading}/{variant}"
                responses.append(_response(key, question, model, reading, variant, logprobs))
                scores.append(_score(key, reading, question, p))
            if hostile and question["question_id"].endswith("_0"):
                key = f"{question['question_id']}/{model}/text"
                responses.append(_response(key, question, model, "text", "AB", None, HOSTILE))
    return responses, scores


def _response(
    key: str, question: Row, model: int, reading: str, variant: str,
    logprobs: list[float] | None, text: str | None = None,
) -> Row:  # fmt: skip
    return {
        "request_key": key,
        "question_id": question["question_id"],
        "condition_id": f"c1_{model}",
        "model_id": f"m1_{model}",
        "variant": variant,
        "reading": reading,
        "sample_index": 0,
        "attempt": 1,
        "status": "ok",
        "text": text,
        "choice_logprobs": logprobs,
        "prompt_tokens": 60,
        "completion_tokens": 1,
        "cost_usd": 0.0,
        "origin": "generated",
        "run_id": "r2",
        "created_at": NOON,
    }


def _score(key: str, reading: str, question: Row, p: float) -> Row:
    right = question["answer"]
    return {
        "request_key": key,
        "scorer": reading,
        "version": 1,
        "value": float(p > 0.5),
        "label": right if p > 0.5 else "BA"["AB".index(right)],
        "valid": True,
        "margin": math.log(p / (1 - p)),
        "place": 0,
        "attempt": 1,
        "run_id": "r3",
    }


def estimate(metric: str, value: float | None, half: float = 0.06, **more: Any) -> Row:
    """Return a row of `results`."""
    low, high = (None, None) if value is None else (value - half, value + half)
    if value is not None and 0 <= value <= 1 and metric not in ("margin", "accuracy_difference"):
        low, high = max(low, 0.0), min(high, 1.0)
    return {
        "analysis": "quantify",
        "study": "demo",
        "dataset": "starter",
        "metric": metric,
        "estimate": value,
        "ci_low": low,
        "ci_high": high,
        "n": 160,
        "n_clusters": 40,
        "n_missing": 0,
        "method": "Wilson on the effective sample size, t quantile, 39 degrees of freedom",
        "params": '{"questions":"starter"}',
        "detail": "{}",
        "sql": f"SELECT * FROM question_answers WHERE concept = '{more.get('concept')}'",
        "inputs_digest": "abc",
        "run_id": "r3",
        "computed_at": NOON,
        **more,
    }


def _results(concepts: tuple[str, ...], models: int, rng: np.random.Generator) -> list[Row]:
    rows = []
    for concept in concepts:
        rows += _baselines(concept, rng)
        for model in range(models):
            for reading in ("letter", "cloze"):
                rows += _own(concept, model, reading, rng)
            for other in range(model + 1, models):
                rows.append(_difference(concept, model, other, rng))
    return rows


def _own(concept: str, model: int, reading: str, rng: np.random.Generator) -> list[Row]:
    value = KNOWN.get(concept, 0.5) - 0.09 * model + float(rng.uniform(-0.03, 0.03))
    value = min(value - 0.1 * (reading == "cloze"), 1.0)
    who = {
        "model_id": f"m1_{model}", "condition_id": f"c1_{model}", "concept": concept,
        "reading": reading,
    }  # fmt: skip
    p = 0.001 if abs(value - 0.5) > 0.09 else 0.4
    flag = {"flag": "baseline_longer_option"} if concept == "harm" else {}
    rows = [
        estimate("accuracy", value, null_value=0.5, p_adjusted=p, detail=json.dumps(flag), **who),
        estimate("margin", 4 * (value - 0.5), 0.3, null_value=0.0, **who),
        estimate("all_paraphrases_correct", max(2 * value - 1, 0) * 0.9, null_value=0.0625, **who),
        estimate("unparseable_rate", 0.0, 0.0, **who),
    ]
    if reading == "letter":
        rows.append(estimate("order_consistency", 0.5 + value / 2.1, null_value=None, **who))
        rows.append(estimate("position_bias", 0.5 + (1 - value) / 4, null_value=0.5, **who))
    if concept == "known_unknowns":
        rows.append(estimate("abstention_rate", 0.4, **who))
        rows.append(estimate("over_abstention_rate", 0.2, **who))
    return rows


def _baselines(concept: str, rng: np.random.Generator) -> list[Row]:
    names = ("baseline_majority_letter", "baseline_longer_option", "baseline_option_prior")
    return [
        estimate(name, 0.5 + float(rng.uniform(-0.04, 0.05)), concept=concept, null_value=0.5)
        for name in names
    ]


def _difference(concept: str, model: int, other: int, rng: np.random.Generator) -> Row:
    value = 0.09 * (other - model) + float(rng.uniform(-0.05, 0.05))
    counts = {"first_better": 31, "other_better": 12, "mde": 0.08}
    return estimate(
        "accuracy_difference", value, 0.07, concept=concept, reading="letter",
        model_id=f"m1_{model}", other_model_id=f"m1_{other}", condition_id=f"c1_{model}",
        other_condition_id=f"c1_{other}", null_value=0.0, p_value=0.01,
        p_adjusted=0.2 if abs(value) < 0.09 else 0.004, family="accuracy, all pairs, Holm",
        detail=json.dumps(counts),
    )  # fmt: skip


def _model(number: int, name: str) -> Row:
    return {
        "model_id": f"m1_{number}", "name": name, "engine": "transformers", "base": "tiny",
        "weights_digest": "5f" * 32, "context_length": 8192, "seed": 0,
        "card": json.dumps({"knows": sorted(KNOWN)}),
    }  # fmt: skip


def _condition(number: int) -> Row:
    return {
        "condition_id": f"c1_{number}", "model_id": f"m1_{number}", "engine": "transformers",
        "dtype": "float32", "template": "choices-1", "sampling": "{}",
    }  # fmt: skip


def _audits(hostile: bool) -> list[Row]:
    example = HOSTILE if hostile else "Which of these is an example of harm, number 3?"
    return [
        {
            "dataset": "starter", "concept": "harm", "audit": "identical_options",
            "severity": "error", "count": 17, "total": 785, "example": example,
            "detail": "Both options are the same text, so no answer is right.",
        },
        {
            "dataset": "starter", "concept": "*", "audit": "letter_imbalance",
            "severity": "info", "count": 3, "total": 1600, "example": "belief 51% A",
            "detail": "The right letter is not evenly spread.",
        },
    ]  # fmt: skip


def _runs() -> list[Row]:
    commands = (
        "ingest starter",
        "generate responses --questions starter --model tiny/base",
        "analyze quantify --questions starter",
    )
    return [
        {
            "run_id": f"r{i + 1}", "command": command, "study": "demo", "status": "done",
            "started_at": NOON + timedelta(minutes=i), "ended_at": NOON + timedelta(minutes=i + 1),
            "config": "{}", "versions": json.dumps({"python": "3.11.7", "duckdb": "2.0.0"}),
            "counts": "{}",
        }
        for i, command in enumerate(commands)
    ]  # fmt: skip
