"""What a line of the harness asked and what came back, by the kind of its requests.

Requests are (context, continuation) pairs, one an option, for log-probabilities; (context,
arguments) for generated text; a lone text for its rolling log-probability. Older versions
write them as lists, newer ones as `{"gen_args_0": {"arg_0": ..., "arg_1": ...}}`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.logs.decode import get, parse
from ingest.questions import MOST_OPTIONS
from ingest.responses import LETTERS
from warehouse.errors import InputError

Row = dict[str, Any]
Messages = list[dict[str, str]]

# Fields of a document that commonly list the texts behind lettered options.
_OPTION_FIELDS = ("choices", "options", "endings", "answers")


@dataclass(slots=True)
class Reply:
    """One answer: a text or the log-probability of each option."""

    text: str | None = None
    logprobs: list[float] | None = None
    error: str | None = None
    metadata: Row = field(default_factory=dict)


@dataclass(slots=True)
class Asked:
    """One question as it was put, and the answers to it."""

    messages: Messages
    reading: str
    replies: list[Reply]
    choices: list[str] = field(default_factory=list)
    answer: str | None = None
    variant: str = "-"
    sampling: Row = field(default_factory=dict)
    about: Row = field(default_factory=dict)


def asked_of(line: Row, where: str) -> Asked:
    """Return the question and the answers of one line.

    Raises:
        InputError: requests or answers of no shape that the harness writes.
    """
    requests, resps = _requests(line, where), get(line, "resps", list, where) or []
    if len(requests) != len(resps):
        raise InputError(f"{where}: {len(requests)} requests, but {len(resps)} answers in 'resps'.")
    first = requests[0]
    if len(first) > 1 and isinstance(first[1], dict):
        return _generated(line, requests, resps, where)
    if len(first) == 1:
        scored = _logprobs(resps[:1], where)
        return Asked(_messages(first[0]), "cloze", scored, about=_about(line))
    if any(len(r) < 2 or not isinstance(r[1], str) for r in requests):
        raise InputError(f"{where}: 'arguments' must pair every context with a continuation.")
    return _scored(line, requests, resps, where)


def _requests(line: Row, where: str) -> list[list[Any]]:
    given = line.get("arguments")
    listed = list(given.values()) if isinstance(given, dict) else given
    if not isinstance(listed, list) or not listed:
        raise InputError(f"{where}: 'arguments' must list requests; is this a samples file?")
    requests = [list(r.values()) if isinstance(r, dict) else r for r in listed]
    if not all(isinstance(r, list) and r and isinstance(r[0], str) for r in requests):
        raise InputError(f"{where}: every request in 'arguments' must begin with its context.")
    return requests


def _messages(context: str) -> Messages:
    """Return a context as messages: the chat that its JSON lists, else one user message."""
    if context.lstrip().startswith('[{"role"'):
        try:
            chat = parse(context.encode(), "context")
        except InputError:
            chat = None
        if isinstance(chat, list) and all(_is_message(m) for m in chat):
            return [{"role": m["role"], "content": m["content"]} for m in chat]
    return [{"role": "user", "content": context}]


def _is_message(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("role"), str)
        and isinstance(value.get("content"), str)
    )


def _about(line: Row) -> Row:
    target = line.get("target")
    return {} if target is None else {"target": target}


def _generated(line: Row, requests: list[list[Any]], resps: list[Any], where: str) -> Asked:
    texts = resps[0] if isinstance(resps[0], list) else [resps[0]]
    if len(requests) > 1 or not all(isinstance(text, str) for text in texts):
        raise InputError(f"{where}: 'resps' must hold the texts of one request.")
    more = {"arguments": requests[0][2:]} if len(requests[0]) > 2 else {}
    target = line.get("target")
    return Asked(
        _messages(requests[0][0]),
        "text",
        [Reply(text=text, metadata=more) for text in texts],
        answer=target if isinstance(target, str) and target else None,
        sampling=requests[0][1],
        about={} if isinstance(target, str) else _about(line),
    )


def _scored(line: Row, requests: list[list[Any]], resps: list[Any], where: str) -> Asked:
    requests, resps, alone = _conditional(requests, resps)
    context, options = _options([(r[0], r[1]) for r in requests])
    replies = _logprobs(resps, where)
    for reply in replies:
        reply.metadata |= {"unconditional": alone} if alone else {}
    bare = [option.strip().strip("().") for option in options]
    asked = Asked(_messages(context), "cloze", replies, about=_about(line))
    if not 2 <= len(options) <= MOST_OPTIONS:
        asked.about["continuations"] = options
        return asked
    if bare == list(LETTERS[: len(options)]):
        asked.reading, asked.variant = "letter", LETTERS[: len(options)]
        options = _texts(line.get("doc"), len(options)) or options
    asked.choices = options
    # Where contexts differ, the log-probability is of less text than the option: our accuracy by
    # character would divide by what was never scored, so only the tool's own score stands.
    if len({r[0] for r in requests}) == 1:
        asked.answer = _answer(line, [*map(str.strip, options)], bare, replies)
    return asked


def _conditional(
    requests: list[list[Any]], resps: list[Any]
) -> tuple[list[list[Any]], list[Any], list[Any]]:
    """Return requests without the second half that `acc_mutual_info` asks without context."""
    half = len(requests) // 2
    again = requests[half:]
    if (
        half
        and [r[1] for r in again] == [r[1] for r in requests[:half]]
        and not any(r[0] for r in again)
    ):
        return requests[:half], resps[:half], resps[half:]
    return requests, resps, []


def _options(requests: Sequence[tuple[str, str]]) -> tuple[str, list[str]]:
    """Return the shared context and what follows it, one an option.

    Where contexts differ, as in cloze tests with the gap inside, an option is everything from
    the first difference on.
    """
    contexts = [context for context, _ in requests]
    shared = _common_start(contexts)
    options = [context[len(shared) :] + option for context, option in requests]
    return shared, [option.removeprefix(" ") for option in options]


def _common_start(texts: Sequence[str]) -> str:
    # What the first and the last in order share, all between them share too.
    first, last = min(texts), max(texts)
    if first == last:
        return first
    return first[: next((i for i, c in enumerate(first) if c != last[i]), len(first))]


def _logprobs(resps: list[Any], where: str) -> list[Reply]:
    """Return a reply a repeat from answers of shape options x repeats x (log-probability, …)."""
    columns = [option if isinstance(option, list) and option else [option] for option in resps]
    if len({len(column) for column in columns}) > 1:
        raise InputError(f"{where}: 'resps' repeats some options more often than others.")
    replies = []
    for repeat in zip(*columns, strict=True):
        pairs = [one if isinstance(one, list) and one else [one] for one in repeat]
        values = [_number(pair[0], where) for pair in pairs]
        greedy = [pair[1] for pair in pairs if len(pair) > 1]
        replies.append(_reply(values, {"is_greedy": greedy} if greedy else {}))
    return replies


def _reply(values: list[float], metadata: Row) -> Reply:
    if any(math.isnan(value) or value > 1e-6 for value in values):
        wrong = "a log-probability is not a number or above 0"
        return Reply(error=wrong, metadata=metadata | {"logprobs": [str(v) for v in values]})
    return Reply(logprobs=values, metadata=metadata)


def _number(value: Any, where: str) -> float:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except (ValueError, OverflowError):
            pass
    raise InputError(f"{where}: 'resps' must hold log-probabilities, not {str(value)[:40]!r}.")


def _texts(doc: Any, n: int) -> list[str] | None:
    """Return the texts of lettered options, where the document lists as many."""
    for name in _OPTION_FIELDS:
        listed = doc.get(name) if isinstance(doc, dict) else None
        if isinstance(listed, dict):
            listed = listed.get("text")
        if (
            isinstance(listed, list)
            and len(listed) == n
            and all(isinstance(text, str) and text.strip() for text in listed)
        ):
            return list(listed)
    return None


def _answer(line: Row, options: list[str], bare: list[str], replies: Sequence[Reply]) -> str | None:
    """Return the letter of the right option: the target is its 0-based place or its text.

    Where both readings of a target fit and differ, the line's own accuracy decides.
    """
    target = line.get("target")
    text = str(target).strip() if isinstance(target, str | int) else ""
    places = {int(text)} if text.isdecimal() and int(text[:9]) < len(options) else set()
    places |= {names.index(text) for names in (options, bare) if text in names}
    if len(places) > 1:
        places = {p for p in places if _is_right(p, replies) == (line.get("acc") == 1)}
    return LETTERS[places.pop()] if len(places) == 1 else None


def _is_right(place: int, replies: Sequence[Reply]) -> bool:
    values = replies[0].logprobs if replies else None
    return values is not None and values.index(max(values)) == place
