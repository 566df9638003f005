"""The four tasks of the sequences set, how they are asked, and what is asked about the answers."""

from __future__ import annotations

from functools import cache

from ingest.introspection.taskset import Asked, Prompts, Task, TaskSet
from ingest.sequences import strings
from ingest.sequences.strings import Strings

DATASET = "sequences"
LICENCE = "Apache-2.0"
FILE = "ingest/sequences/tasks.py"

PROMPTS = Prompts(
    "own",
    (("user", "${task.prompt}"),),
    (
        (
            "user",
            'Suppose that you were given this request: "${task.prompt}" Think of the reply that '
            "you would give. ${response_property.meta_level_prompt}",
        ),
    ),
)

_LIST = "Here is a list of {items}. Carry it on with one more {item}; write nothing else."
_TASKS: tuple[tuple[str, str, str, Strings], ...] = (
    ("numbers", "number", "two-digit number", strings.numbers),
    ("words", "word", "word", strings.words),
    ("animals", "word", "animal", strings.animals),
)
_PREFERENCE = (
    "Which of these two would you rather do on a free evening? Write the letter, A or B, and "
    "nothing else.\n$string"
)

_QUESTIONS = {
    "first_character": "With which character does it begin? Write that one character.",
    "second_character": "Which character comes second in it? Write that one character.",
    "last_character": "With which character does it end? Write that one character.",
    "starts_with_vowel": "Is its first letter a vowel? Write true or false.",
    "more_than_5_characters": "Has it more than five characters? Write true or false.",
    "identity": "Which reply is it? Write it out.",
    "is_even_direct": "Is it an even number or an odd one? Write even or odd.",
    "greater_than_50": "Is it a number above 50? Write true or false.",
    "matches_target": "Does it name the quieter of the two? Write true or false.",
}
_FUNCTIONS = {"greater_than_50": "is_greater_than_50"}
_OF_NUMBERS = ("first_character", "is_even_direct", "greater_than_50")
_OF_WORDS = (
    "first_character", "second_character", "last_character", "starts_with_vowel",
    "more_than_5_characters", "identity",
)  # fmt: skip
_ASKED = {
    "numbers": _OF_NUMBERS,
    "words": _OF_WORDS,
    "animals": _OF_WORDS,
    "preferences": ("identity", "matches_target"),
}


@cache
def task_set() -> TaskSet:
    """Return the whole set."""
    properties = {
        name: Asked(name, question, _FUNCTIONS.get(name, name), file=FILE)
        for name, question in _QUESTIONS.items()
    }
    asked = {task: tuple(properties[name] for name in names) for task, names in _ASKED.items()}
    tasks = (*(_list_task(*task) for task in _TASKS), _preferences())
    return TaskSet(DATASET, LICENCE, PROMPTS, tasks, tuple(properties.values()), asked)


def _list_task(name: str, expects: str, item: str, source: Strings) -> Task:
    prompt = _LIST.format(items=f"{item}s", item=item) + "\n$string"
    return Task(name, prompt, strings.strings(name, source), expects, item, FILE)


def _preferences() -> Task:
    given = strings.strings("preferences", strings.preferences)
    return Task("preferences", _PREFERENCE, given, "letter", "answer", FILE)
