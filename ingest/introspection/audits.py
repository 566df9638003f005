"""Findings about a set of tasks: damage that its prompts carry, and strings on both sides.

Each audit is a named function over one task, one property's question or the whole set; its first
sentence says what it finds. Findings stand under the name of the task or the property, or under
`*`. Prompts are audited once, not once for each string that is put into them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import polars as pl

from console import plural
from ingest import defects
from ingest.findings import Finding, Severity, example
from ingest.introspection.taskset import Asked, Given, Task, TaskSet

Row = dict[str, Any]

_EXAMPLE = re.compile(r"which is (even|odd)\b.*?respond with ['\"](true|false)['\"]", re.S)
_RULE = re.compile(r"['\"](true|false)['\"] for (even|odd)\b")
# Line and paragraph separators, control characters but tab and line break, U+FFFD.
_ODD = re.compile("[\u2028\u2029\ufffd\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ORDER = {"error": 0, "warning": 1, "info": 2}


def odd_characters(task: Task) -> Finding | None:
    """Prompts with a separator or control character, as an escape read wrongly leaves it."""
    found = _ODD.search(task.prompt)
    if found is None:
        return None
    place = task.prompt[max(0, found.start() - 20) : found.end() + 20]
    after = task.prompt[found.end() :][:12]
    detail = (
        f"The prompt holds U+{ord(found[0]):04X} ({unicodedata.name(found[0], 'a control')}) "
        f"before {after!r}: the file escapes another character, and a letter may be lost. It "
        "stands in every question of the task."
    )
    count = len(task.strings)
    return Finding("warning", count, count, f"{task.file}: {place!r}", detail)


def duplicate_strings(task: Task) -> Finding | None:
    """Strings that stand more than once in a file; stored once."""
    first = {(given.file, given.text): given for given in reversed(task.strings)}
    again = [given for given in task.strings if first[given.file, given.text] is not given]
    what = "repeat an earlier string of their file; each is stored once."
    return _flagged(again, task, "warning", what)


def string_overlap(task: Task) -> Finding | None:
    """Strings of another split that also stand in `train`: held-out items that are not.

    A string that is the same but for blanks is the same. One that is exactly the same is stored
    once, in `train`.
    """
    train = {given.group for given in task.strings if given.split == "train"}
    held = [given for given in task.strings if given.split != "train"]
    shared = [given for given in held if given.group in train]
    what = "of other splits also stand in split train; equal ones are stored there only."
    return _flagged(shared, task, "warning", what, len(held))


def conflicting_targets(task: Task) -> Finding | None:
    """Strings that another row gives another target."""
    targets: dict[str, set[str]] = {}
    for given in task.strings:
        targets.setdefault(given.text, set()).add(given.target or "")
    odd = [given for given in task.strings if len(targets[given.text]) > 1]
    return _flagged(odd, task, "error", "have another target in another row.")


def damaged_strings(task: Task) -> Finding | None:
    """Strings with the traces of text decoded wrongly before it came here."""
    return defects.encoding_damage(_stems(task.strings))


def stray_quotes(asked: Asked) -> Finding | None:
    """Questions that end in a double quote which nothing opens."""
    if not asked.question.rstrip().endswith('"') or asked.question.count('"') % 2 == 0:
        return None
    detail = "The question ends in a double quote that nothing opens; models see it."
    return _of_question(asked, "warning", detail)


def literal_escapes(asked: Asked) -> Finding | None:
    r"""Questions with a backslash and an n where a line break was meant."""
    if r"\n" not in asked.question:
        return None
    detail = "The question holds a backslash and an n where a line break was meant."
    return _of_question(asked, "warning", detail)


def contradictory_example(asked: Asked) -> Finding | None:
    """Questions whose example answers otherwise than their own instruction says."""
    example, rule = _EXAMPLE.search(asked.question), _RULE.search(asked.question)
    if example is None or rule is None:
        return None
    told = rule[1] if example[1] == rule[2] else {"true": "false", "false": "true"}[rule[1]]
    if told == example[2]:
        return None
    detail = f"By its instruction {example[1]} is {told!r}, but its example answers {example[2]!r}."
    return _of_question(asked, "error", detail)


def _of_question(asked: Asked, severity: Severity, detail: str) -> Finding:
    return Finding(severity, 1, 1, f"{asked.file}: {asked.question[-120:]!r}", detail)


def _flagged(
    hits: Sequence[Given], task: Task, severity: Severity, what: str, total: int | None = None
) -> Finding | None:
    if not hits:
        return None
    total = len(task.strings) if total is None else total
    detail = f"{len(hits):,} of {total:,} strings {what}"
    shown = example(_stems(hits[:1]))
    return Finding(severity, len(hits), total, shown, detail)


def _stems(strings: Sequence[Given]) -> pl.DataFrame:
    """Return strings as the frame that audits of questions read."""
    return pl.DataFrame(
        {
            "stem": [given.text for given in strings],
            "source_file": [given.file for given in strings],
            "source_row": [given.row for given in strings],
        }
    ).with_columns(choices=pl.lit([], pl.List(pl.String)))


def unusable_files(task_set: TaskSet) -> Finding | None:
    """Files of tasks and properties that could not be read, and were left out."""
    if not task_set.skipped:
        return None
    file, reason = next(iter(task_set.skipped.items()))
    count = len(task_set.skipped)
    detail = f"{plural(count, 'file')} of tasks and properties could not be used; left out."
    return Finding("warning", count, count, f"{file}: {reason}", detail)


def unfaithful_quotation(task_set: TaskSet) -> Finding | None:
    """Hypothetical prompts that do not quote the object prompt word for word."""
    prompts = task_set.prompts
    if prompts.faithful():
        return None
    detail = (
        "The hypothetical prompt does not quote the object prompt word for word: what models are "
        "asked about is not what they were asked."
    )
    return Finding("warning", 1, 1, f"prompts {prompts.name}", detail)


TASK_AUDITS: dict[str, Callable[[Task], Finding | None]] = {
    "odd_characters": odd_characters,
    "duplicate_strings": duplicate_strings,
    "string_overlap": string_overlap,
    "conflicting_targets": conflicting_targets,
    "damaged_strings": damaged_strings,
}
QUESTION_AUDITS: dict[str, Callable[[Asked], Finding | None]] = {
    "stray_quotes": stray_quotes,
    "literal_escapes": literal_escapes,
    "contradictory_example": contradictory_example,
}
SET_AUDITS: dict[str, Callable[[TaskSet], Finding | None]] = {
    "unusable_files": unusable_files,
    "unfaithful_quotation": unfaithful_quotation,
}


def audit(task_set: TaskSet) -> list[Row]:
    """Return the findings about a set as rows of `audits`, the gravest first."""
    found = [_row(task_set, *finding) for finding in _findings(task_set)]
    return sorted(found, key=lambda row: _ORDER[row["severity"]])


def _findings(task_set: TaskSet) -> Iterator[tuple[str, str, Finding]]:
    for name, check in SET_AUDITS.items():
        if (finding := check(task_set)) is not None:
            yield "*", name, finding
    for task in task_set.tasks:
        for name, look in TASK_AUDITS.items():
            if (finding := look(task)) is not None:
                yield task.name, name, finding
    for asked in task_set.properties:
        for name, read in QUESTION_AUDITS.items():
            if (finding := read(asked)) is not None:
                yield asked.name, name, finding


def _row(task_set: TaskSet, concept: str, name: str, finding: Finding) -> Row:
    return {
        "dataset": task_set.dataset,
        "concept": concept,
        "audit": name,
        "severity": finding.severity,
        "count": finding.count,
        "total": finding.total,
        "example": finding.example,
        "detail": finding.detail,
    }
