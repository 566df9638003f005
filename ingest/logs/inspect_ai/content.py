"""What was asked and what was replied: Inspect's messages, contents and attachments as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.logs.decode import get
from warehouse.errors import InputError
from warehouse.keys import canonical, digest

Row = dict[str, Any]

_REFERENCE = "attachment://"


@dataclass(slots=True)
class Content:
    """A question: its messages, options and answer, and in `about` what has no column."""

    messages: list[dict[str, str]]
    about: Row = field(default_factory=dict)
    choices: list[str] = field(default_factory=list)
    answer: str | None = None

    @classmethod
    def of(cls, asked: Any, where: str) -> Content:
        """Return the question of a sample's input; an input that is no plain text is kept too.

        Raises:
            InputError: neither a text nor a list of messages.
        """
        if isinstance(asked, str):
            return cls([{"role": "user", "content": asked}])
        if not isinstance(asked, list) or not asked:
            raise InputError(f"{where}: 'input' must be text or a list of messages.")
        messages = [_message(message, where) for message in asked]
        plain = all(isinstance(m.get("content"), str) and not m.get("tool_calls") for m in asked)
        return cls(messages, {} if plain else {"input": asked})


def _message(message: Any, where: str) -> dict[str, str]:
    if not isinstance(message, dict) or not isinstance(message.get("role"), str):
        raise InputError(f"{where}: every message of 'input' must be an object with a role.")
    return {"role": message["role"], "content": content_text(message.get("content"), where)}


def content_text(content: Any, where: str) -> str:
    """Return the text of a content: itself, or its text parts with other parts as digests.

    Two questions with one text and different pictures are two questions.
    """
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise InputError(f"{where}: 'content' of a message must be text or a list of parts.")
    shown = (_part(part) for part in content if part.get("type") != "reasoning")
    return "\n".join(shown)


def _part(part: Row) -> str:
    text = part.get("text")
    if isinstance(text, str):
        return text
    return digest(canonical(part), f"[{str(part.get('type'))[:40]} ", 12) + "]"


def text_of(output: Row, where: str) -> tuple[str | None, str | None]:
    """Return the completion and the stop reason of an output, None where there is none."""
    choices = get(output, "choices", list, where) or []
    first = choices[0] if choices else {}
    if not isinstance(first, dict):
        raise InputError(f"{where}: 'output.choices' must list objects.")
    stop = first.get("stop_reason")
    completion = get(output, "completion", str, where)
    if not completion and choices:
        message = get(first, "message", dict, where) or {}
        completion = content_text(message.get("content"), where)
    return completion or ("" if choices else None), stop if isinstance(stop, str) else None


def resolved(value: Any, attached: Mapping[str, Any]) -> Any:
    """Return a value in which references to attachments are the texts they refer to."""
    if isinstance(value, str):
        key = value.removeprefix(_REFERENCE)
        found = attached.get(key) if len(key) < len(value) else None
        return found if isinstance(found, str) else value
    if isinstance(value, list):
        return [resolved(part, attached) for part in value]
    if isinstance(value, dict):
        return {name: resolved(part, attached) for name, part in value.items()}
    return value
