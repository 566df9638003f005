"""What a set of tasks is: strings, prompts around them, and what is asked about the answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import Template
from typing import Any

from warehouse.errors import InputError
from warehouse.keys import digest

_PLACEHOLDER = re.compile(r"\$\{([^{}]*)\}")
TASK_PROMPT = "task.prompt"
QUESTION = "response_property.meta_level_prompt"
# Holds the place of a string; no text holds this noncharacter of Unicode.
STRING = "\ufdd0"


@dataclass(frozen=True)
class Given:
    """One string of a task, with what its source says about it."""

    text: str
    split: str
    target: str | None = None
    more: Mapping[str, Any] | None = None
    file: str = ""
    row: int = 0
    digest: str | None = None

    @property
    def group(self) -> str:
        """The cluster: the string, whatever the task; runs of blanks do not count."""
        return digest(" ".join(self.text.split()), "string/", 12)


@dataclass(frozen=True)
class Task:
    """A prompt with `$string` in it and the strings that are put there.

    `expects` names what an answer should be: `word`, `number`, `letter` or `text`.
    """

    name: str
    prompt: str
    strings: tuple[Given, ...]
    expects: str = "text"
    descriptor: str = ""
    file: str = ""


@dataclass(frozen=True)
class Asked:
    """A property as a question puts it; `function` is NULL where a model has to judge.

    `judge` is the prompt that asks the judge, with `$response` in it.
    """

    name: str
    question: str
    function: str | None
    judge: str | None = None
    file: str = ""


@dataclass(frozen=True)
class Prompts:
    """A pair of templates: messages of an object question and of one that quotes it."""

    name: str
    object: tuple[tuple[str, str], ...]
    hypothetical: tuple[tuple[str, str], ...]

    def faithful(self) -> bool:
        """Return whether the hypothetical messages quote the object question word for word."""
        said = self.object[-1][1].strip()
        return any(f'"{said}"' in content for _, content in self.hypothetical)


@dataclass(frozen=True)
class TaskSet:
    """Tasks with the properties asked of each, under one pair of prompts.

    `properties` holds all that the source has, asked of a task or not; `skipped` the source's
    damaged files, each with the reason.
    """

    dataset: str
    licence: str
    prompts: Prompts
    tasks: tuple[Task, ...]
    properties: tuple[Asked, ...]
    asked: Mapping[str, tuple[Asked, ...]]
    skipped: Mapping[str, str] = field(default_factory=dict)


Message = dict[str, str]


def object_messages(prompts: Prompts, task: Task) -> list[Message]:
    """Return the messages of a task's object questions, `STRING` where a string goes."""
    return _messages(prompts.object, {TASK_PROMPT: task.prompt})


def hypothetical_messages(prompts: Prompts, task: Task, asked: Asked) -> list[Message]:
    """Return the messages that ask for a property of the answers to a task's object questions.

    `STRING` stands where a string goes. With the paper's minimal prompts each is, for B the
    task's prompt around the string and Q the property's question: the opener, B in double
    quotes, a space, Q, and a line break.

    Raises InputError for a question with a placeholder that nothing fills.
    """
    names = {"task.item_descriptor": task.descriptor, "task.name": task.name}
    question = resolve(asked.question, names, asked.file)
    return _messages(prompts.hypothetical, {TASK_PROMPT: task.prompt, QUESTION: question})


def resolve(text: str, names: Mapping[str, str], where: str) -> str:
    """Return text with every `${name}` replaced; raise InputError for a name not known."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in names:
            raise InputError(f"{where}: nothing says what ${{{match[1]}}} stands for.")
        return names[match[1]]

    return _PLACEHOLDER.sub(value, text)


def filled(messages: Sequence[Message], string: str) -> list[Message]:
    """Return the messages with a string in its places."""
    return [{**one, "content": one["content"].replace(STRING, string)} for one in messages]


def _messages(templates: Sequence[tuple[str, str]], names: Mapping[str, str]) -> list[Message]:
    # Strings are put in last, and only once: a `$1,000` inside one is not looked at.
    return [
        {
            "role": role,
            "content": Template(resolve(content, names, "the prompt")).safe_substitute(
                string=STRING
            ),
        }
        for role, content in templates
    ]
