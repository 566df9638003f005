"""Hypothetical questions about a target's answers, each with the value its own answer has.

The rows are the same whoever is trained on them; only `rehearsal` rows differ, which keep a
model's own answers as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from console import plural, say
from finetune.dataset.answering import READS, Answering, answering
from finetune.dataset.drawing import COLUMNS, DRAWN_SQL, shuffled
from finetune.dataset.sets import Example, SelfPrediction, TrainingSet
from finetune.dataset.storing import store
from finetune.dataset.which import WHICH_SQL, require_known
from warehouse.errors import InputError

if TYPE_CHECKING:
    import duckdb

    from warehouse.lake import Lake

KIND = "self-prediction"

# Every hypothetical question of the selection with what is known of the answer it asks about.
_ASKED_SQL = f"""
CREATE TEMP TABLE asked AS
SELECT
    q.question_id, q.group_id, q.task, q.property, q.messages,
    r.request_key,
    v.value AS reply,
    r.request_key IS NOT NULL AS answered,
    v.request_key IS NOT NULL AS scored,
    coalesce(v.compliant, false) AND v.value IS NOT NULL AS compliant,
    $other IS NULL OR coalesce(o.value <> v.value, false) AS divergent
FROM questions AS q
LEFT JOIN responses AS r
    ON r.question_id = q.object_id AND r.condition_id = $condition
    AND r.reading = 'text' AND r.variant = '-' AND r.sample_index = 0
LEFT JOIN property_values AS v ON v.request_key = r.request_key AND v.property = q.property
LEFT JOIN property_values AS o
    ON o.object_id = q.object_id AND o.property = q.property AND o.condition_id = $other
    AND o.sample_index = 0 AND o.compliant
WHERE q.object_id IS NOT NULL AND q.property IS NOT NULL AND {WHICH_SQL}
"""

_COUNTS_SQL = """
SELECT count(*) AS asked, count_if(answered) AS answered, count_if(scored) AS scored,
    count_if(compliant) AS compliant, count_if(compliant AND divergent) AS usable
FROM asked
"""

# Whatever is trained, the same strings are rehearsed: those that every model has answered.
_REHEARSED_SQL = f"""
WITH objects AS (
    SELECT DISTINCT q.object_id FROM questions AS q
    WHERE q.object_id IS NOT NULL AND {WHICH_SQL}
),

said AS (
    SELECT o.question_id, o.group_id, o.task, o.messages, r.text AS reply, r.request_key,
        r.condition_id, count(*) OVER (PARTITION BY o.question_id) AS answers
    FROM questions AS o
    JOIN responses AS r ON r.question_id = o.question_id
    WHERE o.question_id IN (SELECT object_id FROM objects)
        AND list_contains($conditions, r.condition_id)
        AND r.reading = 'text' AND r.variant = '-' AND r.sample_index = 0
        AND r.status = 'ok' AND trim(r.text) <> ''
)

SELECT question_id, group_id, task, messages, reply, request_key FROM said
WHERE answers = len($conditions)
QUALIFY dense_rank() OVER (ORDER BY md5($seed || question_id), question_id) <= $rows
ORDER BY condition_id, question_id
"""


def make_self_prediction(lake: Lake, job: SelfPrediction) -> TrainingSet:
    """Make a training set from a target's scored answers and return it, stored.

    Raises InputError where answers or their scores are missing, saying which command makes them.
    """
    with lake.reader(READS) as con:
        require_known(con, job, job.rehearse_splits)
        target = answering(con, job.target, job)
        other = None if job.divergent_from is None else answering(con, job.divergent_from, job)
        rows = _hypothetical(con, job, target, other)
        trained = [answering(con, name, job) for name in job.trained or (job.target,)]
        rows += _rehearsal(con, job, trained, len(rows))
    recipe = {
        **_recipe(job),
        "target": target.recipe(),
        "divergent_from": None if other is None else other.recipe(),
        "rehearsed_by": [model.recipe() for model in trained] if job.rehearse else [],
    }
    return store(lake, job, KIND, recipe, rows, target.model_id)


def _hypothetical(
    con: duckdb.DuckDBPyConnection,
    job: SelfPrediction,
    target: Answering,
    other: Answering | None,
) -> list[Example]:
    con.execute(
        _ASKED_SQL,
        {
            **job.parameters(),
            "condition": target.condition_id,
            "other": None if other is None else other.condition_id,
        },
    )
    cursor = con.execute(_COUNTS_SQL)
    names = [column[0] for column in cursor.description or []]
    ((*found,),) = cursor.fetchall()
    counts = dict(zip(names, found, strict=True))
    _require_rows(job, counts)
    drawn = con.execute(
        DRAWN_SQL.format(source="(FROM asked WHERE compliant AND divergent)"),
        {"seed": str(job.seed), "per_cell": job.per_cell, "balance": job.balance},
    ).fetchall()
    _narrate(counts, len(drawn))
    rows = [Example("hypothetical", **dict(zip(COLUMNS, row, strict=True))) for row in drawn]
    return shuffled(rows, job.seed) if job.shuffle_labels else rows


def _rehearsal(
    con: duckdb.DuckDBPyConnection,
    job: SelfPrediction,
    trained: Sequence[Answering],
    hypothetical: int,
) -> list[Example]:
    if not job.rehearse:
        return []
    wanted = round(
        job.rehearse if job.rehearse >= 1 else job.rehearse / (1 - job.rehearse) * hypothetical
    )
    conditions = list(dict.fromkeys(model.condition_id for model in trained))
    asked = {**job.parameters(), "conditions": conditions, "seed": str(job.seed), "rows": wanted}
    asked["splits"] = list(job.rehearse_splits or job.splits)
    rows = [
        Example("rehearsal", question, group, task, None, messages, reply, key)
        for question, group, task, messages, reply, key in con.execute(
            _REHEARSED_SQL, asked
        ).fetchall()
    ]
    if len(rows) < wanted * len(conditions):
        say(
            f"Only {plural(len(rows) // len(conditions), 'answer')} can be rehearsed, "
            f"not {wanted:,}."
        )
    return rows


def _require_rows(job: SelfPrediction, counts: dict[str, int]) -> None:
    """Raise InputError with the step that is missing where there is nothing to train on."""
    if not counts["asked"]:
        raise InputError(
            f"'{job.questions}' has no hypothetical questions of these tasks, properties and "
            "splits."
        )
    if not counts["answered"]:
        raise InputError(
            f"'{job.target}' answered none of the questions asked about. Make its answers: "
            f"mirrorlake generate predict --questions {job.questions} --target {job.target} "
            f"--predictor {job.target}"
        )
    if not counts["scored"]:
        raise InputError(
            f"The properties of the answers of '{job.target}' are not read yet: "
            "mirrorlake analyze self-prediction"
        )
    if not counts["compliant"]:
        raise InputError(
            f"None of {plural(counts['scored'], 'answer')} of '{job.target}' has the properties "
            'asked for. See why: mirrorlake sql "SELECT reason, count(*) FROM property_values '
            'GROUP BY ALL"'
        )
    if not counts["usable"]:
        raise InputError(
            f"'{job.target}' and '{job.divergent_from}' differ in no property; leave "
            "--divergent-from out."
        )


def _narrate(counts: dict[str, int], drawn: int) -> None:
    parts = [f"{counts['asked']:,} hypothetical questions", f"{counts['scored']:,} scored"]
    parts.append(f"{counts['compliant']:,} of compliant answers")
    if counts["usable"] < counts["compliant"]:
        parts.append(f"{counts['usable']:,} divergent")
    say(f"{', '.join(parts)}; {drawn:,} drawn.")


def _recipe(job: SelfPrediction) -> dict[str, Any]:
    return {
        **job.parameters(),
        "per_cell": job.per_cell,
        "balance": job.balance,
        "shuffle_labels": job.shuffle_labels,
        "rehearse": job.rehearse,
        "rehearse_splits": list(job.rehearse_splits),
        "seed": job.seed,
    }
