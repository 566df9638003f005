"""Samples of the lm-evaluation-harness into ours.

| lm-eval | here |
|---|---|
| task | concept; data set `lm-eval/<task>` |
| the context, few-shot examples included | question: one user message, or the chat it holds |
| continuations that are A, B, …  | reading `letter`; options are the texts that `doc` lists |
| any other continuations | options, without the space before them; reading `cloze` |
| generated text | reading `text`; repeats count `sample_index` |
| `doc_id` | cluster |
| `target` | answer; an option's letter where there are options |
| a metric's value | score of `lm-eval/<metric>`, `lm-eval/<metric>,<filter>` under a filter |

Several filters of one document are several scores of one answer; where an answer was given
several times, scores stand with the first. `doc` and hashes stand in the question's metadata,
everything else of a line in the response's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ingest.logs.decode import filled, finite, get
from ingest.logs.lm_eval.asked import Asked, asked_of
from ingest.logs.lm_eval.files import RawTask
from ingest.logs.lm_eval.header import condition_of, model_of, record_of, split_of
from ingest.logs.samples import Log, Sample, Score
from ingest.questions import Source
from warehouse.errors import InputError

Row = dict[str, Any]

_ABOUT = ("doc", "doc_hash", "prompt_hash", "target_hash")
_LINE = {*_ABOUT, "doc_id", "target", "arguments", "resps", "filtered_resps", "filter", "metrics"}


@dataclass(slots=True)
class _Document:
    """One document: its first line, and the scores of all its lines by filter."""

    where: str
    place: int
    line: Row
    scores: list[Score]
    filters: dict[str, Row] = field(default_factory=dict)


def read_task(raw: RawTask, dataset: str | None, concept: str | None, model: str | None) -> Log:
    """Return one task of a run with all its samples; the options replace names.

    Raises:
        InputError: a line that is not what the harness writes, named by its number.
    """
    name = raw.path.name
    served = model_of(raw.results, model, name)
    documents = _documents(raw)
    sampling: Row = {}
    samples: list[Sample] = []
    for document in documents.values():
        asked = asked_of(document.line, document.where)
        sampling = sampling or asked.sampling
        samples += _samples(document, asked)
    return Log(
        source=Source(dataset or f"lm-eval/{raw.task}", name, raw.digest, concept),
        task=raw.task,
        split=split_of(raw.results, raw.task),
        model=served,
        condition=condition_of(raw.results, raw.task, served, sampling, name),
        header=record_of(raw.results, raw.task),
        samples=samples,
        notes=_notes(raw, len(documents)),
    )


def _notes(raw: RawTask, read: int) -> list[str]:
    if not raw.results:
        return [f"{raw.path.name}: no results_<date>.json beside it; how it was run is not known."]
    said = raw.results.get("n-samples")
    said = said.get(raw.task) if isinstance(said, dict) else None
    effective = said.get("effective") if isinstance(said, dict) else None
    if effective in (None, read):
        return []
    return [f"{raw.path.name}: holds {read:,} documents, its results count {effective}."]


def _documents(raw: RawTask) -> dict[str, _Document]:
    documents: dict[str, _Document] = {}
    for where, place, line in raw.records():
        item = _item(line, where)
        known = documents.get(item)
        if known is None:
            known = documents[item] = _Document(where, place, line, [])
        _add(known, line, where)
    return documents


def _item(line: Row, where: str) -> str:
    item = line.get("doc_id")
    if isinstance(item, bool) or not isinstance(item, str | int):
        raise InputError(f"{where}: 'doc_id' must be a whole number; is this a samples file?")
    return str(item)


def _add(document: _Document, line: Row, where: str) -> None:
    """Add a line's scores; a second line of one filter must say the same."""
    filter_ = get(line, "filter", str, where) or "none"
    before = document.filters.setdefault(filter_, line)
    if before is not line:
        if any(before.get(name) != line.get(name) for name in ("resps", "filtered_resps")):
            raise InputError(
                f"{where}: document {line['doc_id']} under filter '{filter_[:40]}' was answered "
                f"otherwise earlier ({document.where}); keep the lines of one run."
            )
        return
    if line.get("resps") != document.line.get("resps"):
        raise InputError(f"{where}: other answers to the document than in {document.where}.")
    document.scores += _scores(line, filter_, where)


def _scores(line: Row, filter_: str, where: str) -> Iterator[Score]:
    seen = get(line, "filtered_resps", list, where) or []
    extracted = seen[0] if seen and isinstance(seen[0], str) else None
    for metric in _metrics(line, where):
        if not isinstance(metric, str) or metric not in line:
            raise InputError(f"{where}: has no value of the metric {str(metric)[:40]!r}.")
        value = finite(line[metric])
        detail = filled({"filtered": extracted})
        if value is None:
            detail["value"] = line[metric]
        label = extracted if extracted and len(extracted) <= 80 else None
        name = f"lm-eval/{metric}" + (f",{filter_}" if filter_ != "none" else "")
        yield Score(name, value, label, None if value is not None else "not a number", detail)


def _metrics(line: Row, where: str) -> list[Any]:
    """Return the names of a line's metrics; older lines do not list them."""
    named = get(line, "metrics", list, where)
    if named is not None:
        return list(named)
    return [k for k, v in line.items() if k not in _LINE and isinstance(v, int | float | list)]


def _samples(document: _Document, asked: Asked) -> Iterator[Sample]:
    line = document.line
    scored = {*_LINE, *_metrics(line, document.where)}
    rest = {key: value for key, value in line.items() if key not in scored}
    about = filled({name: line.get(name) for name in _ABOUT} | asked.about)
    for repeat, reply in enumerate(asked.replies):
        yield Sample(
            item=str(line["doc_id"]),
            repeat=repeat,
            place=document.place,
            messages=asked.messages,
            choices=asked.choices,
            answer=asked.answer,
            about=about,
            group=None,
            group_kind="stem",
            reading=asked.reading,
            variant=asked.variant,
            status="ok" if reply.error is None else "failed",
            error=reply.error,
            text=reply.text,
            choice_logprobs=reply.logprobs,
            finish_reason=None,
            prompt_tokens=None,
            completion_tokens=None,
            cost_usd=None,
            served_model=None,
            metadata={"doc_id": line["doc_id"], **filled(rest), **reply.metadata},
            scores=document.scores if repeat == 0 else [],
        )
