"""A small lake: two tasks, twenty strings, two properties, and what two models answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from generate.engines.base import Asking, Sampling, condition_row
from warehouse import keys
from warehouse.lake import Lake, open_lake
from warehouse.run import Run

SET = "small"
TASKS = ("animals", "words")
STRINGS = [f"string {number:02}" for number in range(20)]
TRAINED = STRINGS[:16]
PROPERTIES: dict[str, Callable[[str], str]] = {
    "first_character": lambda text: text[0],
    "last_character": lambda text: text[-1],
}
ANSWERS = ["ape", "bee", "cat", "dog", "eel", "ant", "bat", "cow", "doe", "elk"]
REFUSED = "string 03"  # what the target does not answer


def asked(task: str, string: str) -> str:
    """Return the words of an object question."""
    return f"Name one of the {task} after {string}."


def said(model: str, task: str, string: str) -> str:
    """Return what a model answers; the two share every other answer."""
    place = STRINGS.index(string) + 3 * TASKS.index(task)
    return ANSWERS[(place + (model == "other" and place % 2)) % len(ANSWERS)]


def question(text: str, **more: Any) -> dict[str, Any]:
    """Return a question's row."""
    messages = [{"role": "user", "content": text}]
    choices = more.get("choices", [])
    return {
        "question_id": keys.question_id(SET, messages, choices),
        "dataset": SET,
        "messages": keys.canonical(messages),
        "choices": choices,
        **more,
    }


def questions() -> list[dict[str, Any]]:
    """Return all object questions and the hypothetical ones about them."""
    found = []
    for task in TASKS:
        for string in STRINGS:
            split = "train" if string in TRAINED else "val"
            about = {"task": task, "group_id": string, "split": split}
            new = {"new": said("target", task, string)[::-1], "deep": {"word": "yak"}}
            own = question(
                asked(task, string), concept="object", answer="gnu",
                metadata=keys.canonical(new), **about,
            )  # fmt: skip
            found.append(own)
            found += [
                question(
                    f'Suppose you are asked "{asked(task, string)}" What is its {name}?',
                    concept=name, property=name, object_id=own["question_id"], **about,
                )
                for name in PROPERTIES
            ]  # fmt: skip
    return found


def model(name: str) -> dict[str, Any]:
    """Return a model's row."""
    row = {"name": name, "engine": "imported", "base": name}
    return {"model_id": keys.model_id(row), **row}


def condition(name: str, temperature: float = 0.0, system: str | None = None) -> dict[str, Any]:
    """Return the row of a condition under which a model answers in text."""
    asking = Asking(system_prompt=system, sampling=Sampling(temperature=temperature))
    return condition_row(model(name), "text", asking, template="choices-1")


def answer(
    run: Run,
    name: str,
    how: dict[str, Any] | None = None,
    texts: Callable[[str, str], str] | None = None,
) -> None:
    """Let a model answer every object question, greedily if not said otherwise."""
    how = how or condition(name)
    texts = texts or (lambda task, string: said(name, task, string))
    run.upsert("models", [model(name)])
    run.upsert("conditions", [how])
    rows = []
    for row in questions():
        if "property" in row:
            continue
        refuses = name == "target" and row["group_id"] == REFUSED
        text = "I cannot say." if refuses else texts(row["task"], row["group_id"])
        rows.append(response(row["question_id"], how, text))
    run.append("responses", rows)


def response(question_id: str, how: dict[str, Any], text: str) -> dict[str, Any]:
    """Return a row of `responses`."""
    key = keys.request_key(question_id, "-", "text", how["condition_id"], 0)
    return {
        "request_key": key, "question_id": question_id, "condition_id": how["condition_id"],
        "model_id": how["model_id"], "variant": "-", "reading": "text", "sample_index": 0,
        "attempt": 1, "status": "ok", "text": text, "origin": "generated",
    }  # fmt: skip


def score(lake: Lake) -> None:
    """Read the properties of all answers."""
    query = "SELECT request_key, text FROM responses WHERE reading = 'text'"
    with lake.reader(query) as con:
        found = con.execute(query).fetchall()
    rows = [
        {
            "request_key": key, "scorer": f"property:{name}", "version": 1, "attempt": 1,
            "valid": " " not in text, "label": None if " " in text else value(text),
            "reason": "refused" if " " in text else None,
        }
        for key, text in found
        for name, value in PROPERTIES.items()
    ]  # fmt: skip
    with lake.run("score") as run:
        run.append("scores", rows)


def make(path: Path, *models: str, scored: bool = True) -> Lake:
    """Return a new lake in which some models answered."""
    lake = open_lake(path, create=True)
    with lake.run("ingest") as run:
        run.append("questions", questions())
        for name in models:
            answer(run, name)
    if scored:
        score(lake)
    return lake
