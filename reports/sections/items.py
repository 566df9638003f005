"""What a single item looks like: five questions with every answer, as text."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from reports.figures import behind
from reports.markup import Html, join, tag
from reports.sections.parts import asking, empty, per_dataset, slug
from reports.study import Study
from reports.tables import present, table
from reports.words import Row, percent, plain

TITLE = "What does a single item look like?"

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SCORERS = {"letter": "letter", "cloze": "cloze", "text": "parsed"}
LONGEST_REPLY = 1200
MOST_ANSWERS = 24


def body(study: Study) -> Html | None:
    """Return five items of every question set."""
    return per_dataset(study, _part)


def _part(study: Study, dataset: str) -> Html:
    scorer = SCORERS[study.main_reading(dataset) or "letter"]
    items = study.ask("items", dataset=dataset, scorer=scorer)
    if not items.rows and study.without_options(dataset):
        return empty("These questions have no options, so no answer to them is scored here.")
    if not items.rows:
        return empty(
            "No scored answer to these questions is stored.",
            asking(study, dataset),
        )
    answers = study.ask("answers", questions=[row["question_id"] for row in items.rows])
    own = _by_question(answers.rows)
    shown = [_item(study, item, own.get(item["question_id"], [])) for item in items.rows]
    return join(*shown, behind(f"items-{slug(study, dataset)}", items, ITEM_COLUMNS))


ITEM_COLUMNS = ("why", "concept", "value", "margin", "question_id", "source_file", "source_row")


def _by_question(rows: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["question_id"], []).append(row)
    return found


def _item(study: Study, item: dict[str, Any], answers: list[dict[str, Any]]) -> Html:
    heading = f"{item['why'].capitalize()}: {plain(item['concept'])}"
    left_out = len(answers) - MOST_ANSWERS
    more = tag("p", f"{left_out} more answers are in the lake.") if left_out > 0 else None
    lines = [_answer(study, item, answer) for answer in answers[:MOST_ANSWERS]]
    source = " row ".join(str(v) for v in (item["source_file"], item["source_row"]) if v)
    return tag(
        "article",
        tag("h4", heading),
        messages(item),
        _options(item),
        table(present(lines), caption="Answers") if lines else None,
        more,
        tag("p", f"{item['question_id']}, group {item['group_id']}, {source}", class_="source"),
        class_="item",
    )


def messages(item: Row) -> Html:
    """Return a prompt's messages, each as stored."""
    said = json.loads(item["messages"])
    return join(
        *(join(tag("p", f"{m['role']}:", class_="role"), _verbatim(m["content"])) for m in said)
    )


def _verbatim(text: str) -> Html:
    """Return text exactly as stored; `dir=auto` and isolation keep it from rearranging the page."""
    return tag("pre", text, dir="auto", tabindex="0", class_="verbatim")


def _options(item: dict[str, Any]) -> Html | None:
    if not item["choices"]:
        right = tag("p", "Right answer: ", item["answer"]) if item["answer"] else None
        return right
    entries = [_option(item, i, text) for i, text in enumerate(item["choices"])]
    return tag("ul", *entries, class_="options")


def _option(item: dict[str, Any], place: int, text: str) -> Html:
    right = item["answer"] == LETTERS[place]
    mark = tag("strong", " ✓ right", class_="right") if right else None
    return tag("li", f"({LETTERS[place]}) ", tag("bdi", text), mark)


def _answer(study: Study, item: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    series = study.series(row)
    return {
        "model": series.label if series else row["model"] or row["model_id"],
        "reading": row["reading"],
        "order shown": row["variant"].replace("-", "none"),
        "chose": row["label"] or row["reason"] or row["status"],
        "right?": _right(row["value"]),
        "probability of the right letter": _probability(item, row),
        "reply": reply(row["text"] or row["error"]),
    }


def _right(value: float | None) -> str:
    if value is None:
        return "not read"
    return {1.0: "yes", 0.0: "no", 0.5: "tie"}.get(value, f"{value:.2f}")


def _probability(item: dict[str, Any], row: dict[str, Any]) -> str | None:
    """Return the right letter's share of the letters' probability; texts differ in length."""
    logprobs = row["choice_logprobs"]
    if row["reading"] != "letter" or not logprobs:
        return None
    top = max(logprobs)
    weights = {
        letter: math.exp(value - top) for letter, value in zip(LETTERS, logprobs, strict=False)
    }
    right = weights.get(item["answer"])
    return None if right is None else percent(right / sum(weights.values()))


def reply(text: str | None) -> Html | None:
    """Return a reply as stored, of a very long one its beginning."""
    if text is None:
        return None
    cut = len(text) - LONGEST_REPLY
    note = f" … ({cut:,} more characters)" if cut > 0 else ""
    return _verbatim(text[:LONGEST_REPLY] + note)
