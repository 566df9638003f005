"""Which properties are asked of which tasks, where nobody names them.

The paper lists its pairs of tasks and properties only in the command lines of its sweeps, so the
rule is written down here. It follows the paper's table (appendix A.1) and reads two things: the
function that computes a property, and what a task's exclusion rules say its answers are.

| function | asked of |
|---|---|
| characters, vowels, letters, first word, number of characters | tasks that ask for words |
| later words, number of words | tasks that ask for more than one word |
| parity, size, digits | tasks that ask for numbers; of one-digit numbers the parity alone |
| `identity` | tasks that ask for one word, number or letter |
| `is_either_…` | tasks that ask for a letter, with more than two options |
| `matches_target` | as property `matches_TASK` that task; as `matches_target` tasks that ask for a letter, with more than two options |

What a model must judge, and what no rule covers, is asked only by name (`--properties`).
"""  # noqa: E501

from __future__ import annotations

from ingest.introspection.taskset import Asked, Task

_PLACES = ("first", "second", "third", "fourth", "fifth", "sixth")
_WORDS = {
    *(f"{place}_character" for place in (*_PLACES, "last", "first_and_second", "second_and_third")),
    "first_word", "first_word_reversed", "starts_with_vowel", "starts_with_vowel_direct",
    "ends_with_vowel", "starts_with_abcde", "starts_with_first_half_alphabet",
    "number_of_letters", "more_than_3_characters", "more_than_5_characters",
}  # fmt: skip
_SEVERAL = {
    "second_word", "third_word", "last_word", "number_of_words", "more_than_10_words",
    "how_many_words_bins",
}  # fmt: skip
_PARITY = {"is_even", "is_odd", "is_even_direct"}
_NUMBERS = {
    "is_greater_than_50", "is_greater_than_500", "sum_of_digits", "sum_of_first_two_digits",
    "sum_of_last_two_digits", *(f"is_{place}_digit_even" for place in _PLACES[:3]),
}  # fmt: skip
_SHORT = {"identity", "identity_reversed"}
_MATCHES = "matches_target"


def applies(asked: Asked, task: Task) -> bool:
    """Return whether a property is asked of a task by the rule of this module."""
    function = asked.function
    if function == _MATCHES:
        return _matches(asked, task)
    if function is None or not known(asked):
        return False
    if function in _SHORT:
        return task.expects != "text"
    if function.startswith("is_either_"):
        return _many_options(task)
    match task.expects:
        case "number":
            return function in _PARITY or (function in _NUMBERS and not _one_digit(task))
        case "word":
            return function in _WORDS
        case "text":
            return function in _WORDS | _SEVERAL
    return False


def known(asked: Asked) -> bool:
    """Return whether the rule covers a property's function."""
    function = asked.function or ""
    listed = _WORDS | _SEVERAL | _PARITY | _NUMBERS | _SHORT
    return function in listed or function == _MATCHES or function.startswith("is_either_")


def _matches(asked: Asked, task: Task) -> bool:
    if asked.name == _MATCHES:
        return _many_options(task)
    return task.name.startswith(asked.name.removeprefix("matches_"))


def _many_options(task: Task) -> bool:
    targets = {(given.target or "").strip().upper() for given in task.strings}
    return task.expects == "letter" and bool(targets & set("CDEFGHIJ"))


def _one_digit(task: Task) -> bool:
    return "one-digit" in task.descriptor
