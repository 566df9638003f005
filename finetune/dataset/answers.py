"""Questions with new answers: the set's own, a field of its metadata, or another model's.

They change what a model does (behaviour change) or teach it a concept (acquisition). Some strings
may bring their hypothetical questions along, with the properties of the new answers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from console import plural, say
from finetune.dataset.answering import READS, Answering, answering
from finetune.dataset.drawing import COLUMNS, DRAWN_SQL, shuffled
from finetune.dataset.sets import Answers, Example, TrainingSet
from finetune.dataset.storing import store
from finetune.dataset.which import WHERE_SQL, require_known
from generate import prompts
from warehouse import keys
from warehouse.errors import InputError

if TYPE_CHECKING:
    import duckdb

    from warehouse.lake import Lake

KIND = "answers"
METADATA = "metadata."
OWN = "answer"

_ASKED_SQL = f"""
CREATE TEMP TABLE asked AS
SELECT
    q.question_id, q.group_id, q.task, CAST(NULL AS VARCHAR) AS property, q.messages, q.choices,
    q.split, r.request_key,
    CASE
        WHEN $condition IS NOT NULL THEN r.text
        WHEN $field IS NOT NULL THEN json_extract_string(q.metadata, $field)
        ELSE q.answer
    END AS reply
FROM questions AS q
LEFT JOIN responses AS r
    ON r.question_id = q.question_id AND r.condition_id = $condition AND r.status = 'ok'
    AND r.reading = 'text' AND r.variant = '-' AND r.sample_index = 0
WHERE q.property IS NULL AND {WHERE_SQL}
"""

_CHOICES_SQL = "SELECT question_id, choices FROM asked WHERE len(choices) > 0"

# The value of a property is read off whoever gave the same reply: to the same question or, where
# the property is a function of the text alone, to any. It counts as one where some text was given
# to several questions and none has two values.
_HYPOTHETICAL_SQL = """
WITH strings AS (
    SELECT DISTINCT a.group_id FROM asked AS a
    WHERE list_contains($drawn, a.question_id) AND ($split IS NULL OR a.split = $split)
),

chosen AS (
    SELECT group_id FROM strings
    QUALIFY row_number() OVER (ORDER BY md5($seed || group_id), group_id)
        <= round($share * count(*) OVER ())
),

said AS (
    SELECT object_id, property, text, min(value) AS value FROM property_values
    WHERE dataset = $questions AND compliant GROUP BY ALL
),

of_text AS (
    SELECT property, text, min(value) AS value, count(DISTINCT value) AS n_values,
        count(DISTINCT object_id) AS n_objects
    FROM said GROUP BY ALL
),

of_text_alone AS (
    SELECT property FROM of_text GROUP BY property HAVING max(n_values) = 1 AND max(n_objects) > 1
)

SELECT h.question_id, h.group_id, h.task, h.property, h.messages, coalesce(s.value, t.value), NULL
FROM asked AS a
JOIN questions AS h ON h.object_id = a.question_id AND h.property IS NOT NULL
LEFT JOIN said AS s
    ON s.object_id = h.object_id AND s.property = h.property AND s.text = a.reply
LEFT JOIN of_text AS t
    ON t.property = h.property AND t.text = a.reply AND t.property IN (FROM of_text_alone)
WHERE list_contains($drawn, a.question_id) AND a.group_id IN (FROM chosen)
    AND (len($properties) = 0 OR list_contains($properties, h.property))
ORDER BY h.question_id
"""


def make_answers(lake: Lake, job: Answers) -> TrainingSet:
    """Make a training set of questions with new answers and return it, stored.

    Raises InputError where no question has such an answer, or where a hypothetical question is
    wanted about a reply that nobody gave yet, so that its property is not known.
    """
    with lake.reader(READS) as con:
        require_known(con, job, (job.hypothetical_split,) if job.hypothetical_split else ())
        own = job.reply == OWN or job.reply.startswith(METADATA)
        taken = None if own else answering(con, job.reply, job)
        rows = _objects(con, job, taken)
        shown = _shown(con, job, rows)
        shown += _hypothetical(con, job, rows)
    whose = None if taken is None else taken.model_id
    return store(lake, job, KIND, _recipe(job, taken), shown, whose)


def _objects(
    con: duckdb.DuckDBPyConnection, job: Answers, taken: Answering | None
) -> list[Example]:
    asked = {name: value for name, value in job.parameters().items() if name != "properties"}
    field = job.reply.removeprefix(METADATA) if job.reply.startswith(METADATA) else None
    con.execute(
        _ASKED_SQL,
        {
            **asked,
            "condition": None if taken is None else taken.condition_id,
            "field": None if field is None else _path(field),
        },
    )
    drawn = con.execute(
        DRAWN_SQL.format(source="(FROM asked WHERE trim(reply) <> '')"),
        {"seed": str(job.seed), "per_cell": job.per_cell, "balance": job.balance},
    ).fetchall()
    ((total,),) = con.execute("SELECT count(*) FROM asked").fetchall()
    if not drawn:
        raise InputError(
            f"None of {plural(total, 'question')} of '{job.questions}' has a reply '{job.reply}'."
        )
    say(f"{total:,} questions; {plural(len(drawn), 'reply', 'replies')} drawn.")
    rows = [Example("object", **dict(zip(COLUMNS, row, strict=True))) for row in drawn]
    return shuffled(rows, job.seed) if job.shuffle_labels else rows


def _path(field: str) -> str:
    """Return the JSON path of a field, or of one within another, as `outer.inner`."""
    return "$" + "".join(f'."{part}"' for part in field.split("."))


def _shown(con: duckdb.DuckDBPyConnection, job: Answers, rows: Sequence[Example]) -> list[Example]:
    """Return rows as they are asked: with their options, in each order, where there are any."""
    choices = dict(con.execute(_CHOICES_SQL).fetchall())
    return [
        one for row in rows for one in _in_orders(row, choices.get(row.question_id, []), job.orders)
    ]


def _in_orders(row: Example, choices: Sequence[str], orders: str) -> list[Example]:
    if not choices:
        return [row]
    if row.reply not in prompts.LETTERS[: len(choices)]:
        raise InputError(
            f"A question has {len(choices)} options and the reply '{row.reply[:40]}' is the letter "
            "of none. Use --reply answer for questions with options."
        )
    variants = prompts.variants("letter", len(choices))
    return [
        replace(
            row,
            messages=keys.canonical(prompts.show(json.loads(row.messages), choices, variant)),
            # The letter under which the same option is shown.
            reply=prompts.LETTERS[prompts.order(variant).index(prompts.LETTERS.index(row.reply))],
        )
        for variant in (variants if orders == "both" else variants[:1])
    ]


def _hypothetical(
    con: duckdb.DuckDBPyConnection, job: Answers, rows: Sequence[Example]
) -> list[Example]:
    if not job.hypothetical:
        return []
    if job.shuffle_labels:
        raise InputError("With --shuffle-labels there are no hypothetical rows; leave one out.")
    found = con.execute(
        _HYPOTHETICAL_SQL,
        {
            "questions": job.questions,
            "drawn": [row.question_id for row in rows],
            "split": job.hypothetical_split,
            "seed": str(job.seed),
            "share": job.hypothetical,
            "properties": list(job.properties),
        },
    ).fetchall()
    made = [Example("hypothetical", *row) for row in found]
    unknown = [row for row in made if row.reply is None]
    if unknown or not made:
        what = f"{plural(len(unknown), 'reply', 'replies')} of {len(made):,}" if made else "replies"
        raise InputError(
            f"The properties of {what} are not known, since no model in the lake gave them. Bring "
            "such answers in (mirrorlake ingest responses), or train on the answers alone first "
            "and put the object questions to that model; then: mirrorlake analyze self-prediction"
        )
    return made


def _recipe(job: Answers, taken: Answering | None) -> dict[str, Any]:
    return {
        **job.parameters(),
        "reply": job.reply if taken is None else taken.recipe(),
        "per_cell": job.per_cell,
        "balance": job.balance,
        "shuffle_labels": job.shuffle_labels,
        "hypothetical": job.hypothetical,
        "hypothetical_split": job.hypothetical_split,
        "orders": job.orders,
        "seed": job.seed,
    }
