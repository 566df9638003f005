"""Lakes with answers and predictions that are written out by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping

from warehouse import keys
from warehouse.lake import Lake

DATASET = "words"
GREEDY = '{"max_tokens":64,"temperature":0.0}'
SAMPLED = '{"max_tokens":64,"temperature":1.0}'
PROPERTIES = ("first_character", "last_character")

Texts = Mapping[str, Mapping[str, str]]


def object_row(string: str, split: str = "val", task: str = "t", target: str | None = None) -> dict:
    return _question(f"Go on: {string}", string, split, task, "object", answer=target)


def hypothetical_row(string: str, name: str, split: str = "val", task: str = "t") -> dict:
    asked = object_row(string, split, task)
    text = f'If you were asked "Go on: {string}", what is the {name} of your answer?'
    own = {"property": name, "object_id": asked["question_id"]}
    return _question(text, string, split, task, name) | own


def _question(text, string, split, task, concept, answer=None) -> dict:
    messages = [{"role": "user", "content": f"{task}: {text}"}]
    return {
        "question_id": keys.question_id(DATASET, messages, []), "dataset": DATASET,
        "concept": concept, "task": task, "split": split, "group_id": string,
        "messages": keys.canonical(messages), "choices": [], "answer": answer,
        "metadata": json.dumps({"string": string}),
    }  # fmt: skip


def model_row(name: str, **more) -> dict:
    row = {"engine": "imported", "base": name, "name": name, **more}
    return {"model_id": keys.model_id(row), **row}


def condition_row(model: dict, sampling: str = GREEDY) -> dict:
    row = {"model_id": model["model_id"], "engine": "imported", "template": "-",
           "sampling": sampling}  # fmt: skip
    return {"condition_id": keys.condition_id(row), **row}


def response_row(question: dict, condition: dict, text: str | None, sample: int = 0,
                 status: str = "ok") -> dict:  # fmt: skip
    key = keys.request_key(question["question_id"], "-", "text", condition["condition_id"], sample)
    return {
        "request_key": key, "question_id": question["question_id"],
        "condition_id": condition["condition_id"], "model_id": condition["model_id"],
        "variant": "-", "reading": "text", "sample_index": sample, "attempt": 1,
        "status": status, "text": text, "origin": "imported",
    }  # fmt: skip


def write(
    lake: Lake, answers: Texts, predictions: Texts, *, splits: Mapping[str, str] | None = None,
    cards: Mapping[str, str] | None = None,
) -> dict[str, str]:  # fmt: skip
    """Write answers {model: {string: text}} and predictions {model: {"string property": text}}.

    Returns the ids of the models by name.
    """
    splits, cards = splits or {}, cards or {}
    strings = sorted({string for texts in answers.values() for string in texts})
    names = sorted({*answers, *predictions})
    models = {name: model_row(name, card=cards.get(name)) for name in names}
    conditions = {name: condition_row(model) for name, model in models.items()}
    objects = {string: object_row(string, splits.get(string, "val")) for string in strings}
    asked = {
        f"{string} {name}": hypothetical_row(string, name, splits.get(string, "val"))
        for string in strings
        for name in PROPERTIES
    }
    rows = [response_row(objects[string], conditions[name], text)
            for name, texts in answers.items() for string, text in texts.items()]  # fmt: skip
    rows += [response_row(asked[about], conditions[name], text)
             for name, texts in predictions.items() for about, text in texts.items()]  # fmt: skip
    with lake.run("by hand") as run:
        run.append("questions", [*objects.values(), *asked.values()])
        run.upsert("models", list(models.values()))
        run.upsert("conditions", list(conditions.values()))
        run.append("responses", rows)
    return {name: model["model_id"] for name, model in models.items()}
