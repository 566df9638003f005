"""How a question becomes the words a model reads, one function per reading.

A *variant* names the order in which the options are shown (`AB` as stored, `BA` swapped);
a *reading* names how the answer is taken:

- `letter`: the log-probability of each option's letter as the first word of the reply;
- `cloze`: the log-probability of each option's text as the reply to the bare question,
  for models that cannot bind letters; the options are not shown, so it has the one
  variant `-` and serves both orders;
- `text`: free text, read later by a strict parser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from warehouse.errors import InputError

Message = Mapping[str, str]

# Part of every condition: a change of wording is another condition, never a silent one.
TEMPLATE = "choices-1"

READINGS = ("letter", "cloze", "text")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
INSTRUCTION = "Reply with the letter of the best option only."


def variants(reading: str, n_choices: int) -> list[str]:
    """Return the variants in which a reading is taken for a question with `n_choices` options.

    Two options are shown in both orders; more are rotated so that every option stands once
    in every place; free questions and the cloze reading have the one variant `-`.
    Raises InputError for more options than there are letters.
    """
    if reading == "cloze" or n_choices == 0:
        return ["-"]
    if n_choices > len(LETTERS):
        raise InputError(
            f"A question has {n_choices} options and there are {len(LETTERS)} letters. "
            "Ask it with --reading cloze only."
        )
    letters = LETTERS[:n_choices]
    return [letters[i:] + letters[:i] for i in range(n_choices)]


def order(variant: str) -> list[int]:
    """Return the stored index of the option shown at each place (`BA` -> `[1, 0]`)."""
    return [LETTERS.index(letter) for letter in variant]


def show(messages: Sequence[Message], choices: Sequence[str], variant: str) -> list[Message]:
    """Return the messages with the options of `variant` and the instruction appended."""
    if variant == "-":
        return list(messages)
    lines = [f"({LETTERS[place]}) {choices[i]}" for place, i in enumerate(order(variant))]
    *before, last = messages
    content = "\n".join([last["content"], "", *lines, "", INSTRUCTION])
    return [*before, {**last, "content": content}]


def instructed(messages: Sequence[Message], system_prompt: str | None) -> list[Message]:
    """Return the messages after a system prompt, where there is one."""
    before = [{"role": "system", "content": system_prompt}] if system_prompt else []
    return [*before, *messages]


def plain(messages: Sequence[Message]) -> str:
    """Return messages as plain text for a model without a chat template.

    The contents stand one below the other, an empty line between them, and `Answer:` opens
    the reply.
    """
    return "\n\n".join([*(message["content"] for message in messages), "Answer:"])


def continuations(choices: Sequence[str], variant: str, reading: str) -> list[str]:
    """Return the reply scored for each stored option, in stored order."""
    if reading == "cloze":
        return list(choices)
    letters = [""] * len(choices)
    for place, i in enumerate(order(variant)):
        letters[i] = LETTERS[place]
    return letters
