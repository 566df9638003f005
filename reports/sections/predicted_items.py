"""What a single prediction looks like: question, answer, and what was predicted of it, as text."""

from __future__ import annotations

from reports.figures import behind
from reports.markup import Html, join, tag
from reports.predictions import Knower, knowers
from reports.sections.items import messages, reply
from reports.sections.parts import per, slug
from reports.study import Study
from reports.tables import table
from reports.words import Row, plain

TITLE = "What does a single prediction look like?"

COLUMNS = (
    "outcome", "drawn", "property", "task", "actual", "own_value", "other_value", "question_id",
)  # fmt: skip


def body(study: Study) -> Html | None:
    """Return items of the surest model of every question set; None where no answer is stored."""
    return per(study, study.predicted, _part)


def _part(study: Study, dataset: str) -> Html | None:
    _, found = knowers(study, dataset)
    known = [knower for knower in found if knower.own is not None]
    if not known:
        return None
    knower, own = known[0], known[0].own or {}
    asked = {
        "target": own["other_condition_id"], "own": own["condition_id"],
        "other": knower.main.plain["other_condition_id"],
    }  # fmt: skip
    if None in asked.values():
        return None
    answer = study.ask("predicted_items", dataset=dataset, **asked)
    if not answer.rows:
        return None
    who = f"{knower.series.label}, predicted by itself and by {knower.main.rival.label}"
    chosen = "of each outcome one, by hash, and one drawn from all"
    key = f"predicted-items-{slug(study, dataset)}"
    return join(
        tag("p", f"Answers of {who}; {chosen}."),
        *(_item(knower, row) for row in answer.rows),
        behind(key, answer, COLUMNS),
    )


def _item(knower: Knower, row: Row) -> Html:
    drawn = " (drawn from all)" if row["drawn"] else ""
    lines = [
        _line(knower.series.label, row, "own"),
        _line(knower.main.rival.label, row, "other"),
    ]
    source = ", ".join(str(v) for v in (row["question_id"], row["task"], row["group_id"]) if v)
    return tag(
        "article",
        tag("h4", f"{row['outcome'].capitalize()}: {plain(row['property'])}{drawn}"),
        messages({"messages": row["object_messages"]}),
        tag("p", "Its answer, of which the property is ", tag("bdi", row["actual"]), ":",
            class_="role"),
        reply(row["answer"]),
        messages(row),
        table(lines, caption="Predictions"),
        tag("p", source, class_="source"),
        class_="item",
    )  # fmt: skip


def _line(name: str, row: Row, side: str) -> dict[str, object]:
    value = row[f"{side}_value"]
    return {
        "predictor": name,
        "read as": "not read" if value is None else value,
        "right?": "yes" if row[f"{side}_right"] else "no",
        "reply": reply(row[f"{side}_reply"]),
    }
