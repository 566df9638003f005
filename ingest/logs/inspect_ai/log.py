"""Inspect AI logs (format version 1 and 2) into samples.

| Inspect | here |
|---|---|
| `eval.task` | concept; data set `inspect/<task>` |
| `eval.model`, `eval.model_base_url` | model; server of the condition |
| plan, task version and arguments, generate config | condition |
| `input`, `choices`, `target` | question, options in stored order, answer |
| sample `id` | cluster; `group_id` and `group_kind` in its metadata say otherwise |
| `epoch` | `sample_index`, from 0 |
| `output.completion`, `stop_reason`, usage of the evaluated model | response |
| `error`, `limit`, stop reasons | status failed, truncated, truncated or filtered |
| `scores` | scores of `inspect/<scorer>`, `inspect/<scorer>/<name>` for named values |

Everything else of a sample stands in `metadata` but its event transcript, which stays in the
log. Values of scores are Inspect's own (`value_to_float`): C 1, P .5, I and N 0, yes and true
1, no and false 0, numbers as they are; any other value is NULL and stands in `detail`.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from ingest.logs.decode import count, filled, finite, get
from ingest.logs.inspect_ai.content import Content, resolved, text_of
from ingest.logs.inspect_ai.files import RawLog
from ingest.logs.inspect_ai.header import Header
from ingest.logs.inspect_ai.scores import scores_of
from ingest.logs.samples import Log, Sample
from ingest.options import answer_letter
from ingest.questions import MOST_OPTIONS
from ingest.responses import LETTERS
from warehouse.errors import InputError

Row = dict[str, Any]

_TRANSCRIPT = ("events", "events_data", "timelines", "transcript", "attachments")
_ASKED = ("id", "epoch", "input", "choices", "target", "metadata", "sandbox", "files", "setup")
_LIFTED = {*_TRANSCRIPT, *_ASKED, "scores", "score"}
_STATUS = {"max_tokens": "truncated", "model_length": "truncated", "length": "truncated",
           "content_filter": "filtered"}  # fmt: skip


def read_log(raw: RawLog, header: Header) -> Log:
    """Return an Inspect log with all its samples.

    Raises:
        InputError: a sample that is not what the format says, named by file and member.
    """
    reader = _Reader(header)
    samples = [reader.sample(*found, place) for place, found in enumerate(raw.samples, 1)]
    return header.log(samples, reader.not_kept)


class _Reader:
    """Turns raw samples of one log into ours and counts what is left behind."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self.not_kept: Counter[str] = Counter()

    def sample(self, where: str, raw: Row, place: int) -> Sample:
        if any(raw.get(name) for name in _TRANSCRIPT):
            self.not_kept["event transcripts"] += 1
        if where.endswith("/sample.json"):
            self.not_kept["messages stored in chunks"] += 1
        attached = get(raw, "attachments", dict, where)
        for name in _TRANSCRIPT:
            raw.pop(name, None)
        if attached:
            raw = resolved(raw, attached)
        return self._mapped(where, raw, place)

    def _mapped(self, where: str, raw: Row, place: int) -> Sample:
        asked, item = _question(raw, where), _item(raw, where)
        output = get(raw, "output", dict, where) or {}
        text, stop = text_of(output, where)
        status, error = _outcome(raw, text, stop, where)
        usage = self._usage(raw, output, where)
        about = get(raw, "metadata", dict, where) or {}
        group, kind = about.get("group_id"), about.get("group_kind")
        return Sample(
            item=item,
            repeat=_epoch(raw, where) - 1,
            place=place,
            messages=asked.messages,
            choices=asked.choices,
            answer=asked.answer,
            about=asked.about,
            group=group if isinstance(group, str) and group else None,
            group_kind=kind if isinstance(kind, str) and kind else "group",
            reading="text",
            variant=LETTERS[: len(asked.choices)] or "-",
            status=status,
            error=error,
            text=text,
            choice_logprobs=None,
            finish_reason=stop,
            prompt_tokens=count(usage.get("input_tokens")),
            completion_tokens=count(usage.get("output_tokens")),
            cost_usd=finite(usage.get("total_cost")),
            served_model=_name(output.get("model")),
            metadata=_metadata(raw, output, item),
            scores=scores_of(raw, len(asked.choices), self._header.scorer, where),
        )

    def _usage(self, raw: Row, output: Row, where: str) -> Row:
        """Return the usage of the model that is evaluated, not of a grader beside it."""
        by_model = get(raw, "model_usage", dict, where) or {}
        usage = by_model.get(self._header.asked_model) or output.get("usage")
        return usage if isinstance(usage, dict) else {}


def _item(raw: Row, where: str) -> str:
    item = raw.get("id")
    if isinstance(item, bool) or not isinstance(item, str | int):
        raise InputError(f"{where}: 'id' must be text or a whole number.")
    return str(item)


def _epoch(raw: Row, where: str) -> int:
    epoch = get(raw, "epoch", int, where)
    if epoch is None:
        return 1
    if not 1 <= epoch < 2**31:
        raise InputError(f"{where}: 'epoch' must count from 1, not {str(epoch)[:20]}.")
    return int(epoch)


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _question(raw: Row, where: str) -> Content:
    content = Content.of(raw.get("input"), where)
    choices = get(raw, "choices", list, where) or []
    if not all(isinstance(choice, str) for choice in choices):
        raise InputError(f"{where}: 'choices' must be a list of texts.")
    targets = _targets(raw.get("target"), where)
    if not 2 <= len(choices) <= MOST_OPTIONS:
        content.about |= filled({"choices": choices})
        choices = []
    content.choices = choices
    content.answer = _answer(targets, choices)
    if content.answer is None:
        content.about |= filled({"target": targets})
    kept = {name: raw.get(name) for name in ("id", "metadata", "sandbox", "files", "setup")}
    content.about |= filled(kept)
    return content


def _targets(target: Any, where: str) -> list[str]:
    targets = target if isinstance(target, list) else [target]
    if any(isinstance(t, list | dict) for t in targets):
        raise InputError(f"{where}: 'target' must be text or a list of texts.")
    return [str(t) for t in targets if t is not None and t != ""]


def _answer(targets: list[str], choices: list[str]) -> str | None:
    """Return the one right answer; several stand in the question's metadata."""
    if len(targets) != 1:
        return None
    return answer_letter(targets[0], choices) if choices else targets[0]


def _outcome(raw: Row, text: str | None, stop: str | None, where: str) -> tuple[str, str | None]:
    failure = raw.get("error")
    if failure:
        message = failure.get("message") if isinstance(failure, dict) else failure
        return "failed", str(message)[:2000]
    limit = get(raw, "limit", dict, where)
    if limit:
        return "truncated", f"{str(limit.get('type'))[:40]} limit reached"
    if text is None:
        return "failed", "the sample has no output"
    return _STATUS.get(stop or "", "ok"), None


def _metadata(raw: Row, output: Row, item: str) -> Row:
    kept = filled({name: value for name, value in raw.items() if name not in _LIFTED})
    if "output" in kept:
        kept["output"] = filled({k: v for k, v in output.items() if k != "completion"})
    return {"id": item, **kept}
