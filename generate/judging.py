"""The runner of `generate judge`: properties of answers that a model has to judge.

What asks the judge comes with the question set: a prompt with `$response` in it, in the metadata
of the hypothetical questions. Each answer put into it is a question of the data set
`NAME/judged`, so that equal answers are judged once and a judgement is an ordinary answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from string import Template
from typing import TYPE_CHECKING, Any

from console import plural, say
from generate.engines.base import Asking, Options
from generate.job import Limits, ResponsesJob, Summary
from generate.remote.purse import Purse
from generate.responses import generate_responses
from warehouse import keys
from warehouse.errors import InputError, nearest

if TYPE_CHECKING:
    import duckdb

    from warehouse.lake import Lake

JUDGED = "/judged"

_PROPERTIES_SQL = """
SELECT DISTINCT property FROM questions
WHERE dataset = ? AND metadata ->> '$.judge_prompt' IS NOT NULL ORDER BY property
"""
_ANSWERS_SQL = """
SELECT
    h.property, any_value(h.task), any_value(h.group_id), any_value(h.licence), r.text,
    h.metadata ->> '$.judge_prompt' AS prompt
FROM responses AS r
JOIN questions AS h ON h.object_id = r.question_id
WHERE h.dataset = $dataset AND list_contains($properties, h.property)
    AND h.metadata ->> '$.judge_prompt' IS NOT NULL
    AND r.status = 'ok' AND r.reading = 'text' AND trim(r.text) <> ''
GROUP BY h.property, r.text, prompt ORDER BY h.property, prompt, r.text
"""


@dataclass(frozen=True)
class JudgingJob:
    """Which properties of a data set's answers are judged, and by whom; all where none is named."""

    questions: str
    judge: str
    properties: tuple[str, ...] = ()
    asking: Asking = field(default_factory=Asking)
    options: Options = field(default_factory=Options)
    limits: Limits = field(default_factory=Limits)
    batch: bool = False
    study: str | None = None


def generate_judgements(
    lake: Lake,
    job: JudgingJob,
    purse: Purse | None = None,
    told: Callable[[Summary], object] = lambda summary: None,
) -> Summary:
    """Ask the judge about every answer that it has not judged; raise as `generate_responses`.

    Raises InputError where no property of the data set needs a judge, or nobody has answered.
    """
    with lake.reader() as con:
        wanted = _wanted(con, job)
        given = {"dataset": job.questions, "properties": wanted}
        rows = list(_questions(job, con.execute(_ANSWERS_SQL, given).fetchall()))
    if not rows:
        raise InputError(
            f"There are no answers to '{job.questions}' to judge. Run: mirrorlake generate predict "
            f"--questions {job.questions} --target MODEL"
        )
    with lake.run("generate judge", {"questions": job.questions, "properties": wanted}) as run:
        run.count(questions=run.append("questions", rows))
    say(f"{plural(len(rows), 'different answer')} to judge.")
    asked = ResponsesJob(
        questions=f"{job.questions}{JUDGED}",
        model=job.judge,
        readings=("text",),
        concepts=tuple(wanted),
        asking=job.asking,
        options=job.options,
        limits=job.limits,
        batch=job.batch,
        study=job.study,
    )
    return generate_responses(lake, asked, purse, told)


def _wanted(con: duckdb.DuckDBPyConnection, job: JudgingJob) -> list[str]:
    known = [name for (name,) in con.execute(_PROPERTIES_SQL, [job.questions]).fetchall()]
    for name in job.properties:
        if name not in known:
            raise InputError(
                f"No question of '{job.questions}' brings words that ask a judge for '{name}'."
                f"{nearest(name, known)}"
            )
    if not known:
        raise InputError(
            f"No property of '{job.questions}' needs a judge: functions compute them all."
        )
    return list(job.properties or known)


def _questions(job: JudgingJob, answers: list[tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    dataset = f"{job.questions}{JUDGED}"
    for name, task, group, licence, text, prompt in answers:
        content = Template(prompt).safe_substitute(response=text)
        messages = [{"role": "user", "content": content}]
        yield {
            "question_id": keys.question_id(dataset, messages, []),
            "dataset": dataset,
            "concept": name,
            "task": task,
            "group_id": group,
            "messages": keys.canonical(messages),
            "choices": [],
            "property": name,
            "licence": licence,
            "metadata": keys.canonical({"judged": text}),
        }
