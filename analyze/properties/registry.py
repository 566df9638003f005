"""The registry: every property that code decides, by the name that questions give it.

Names and definitions are those of *Looking Inward* (arXiv 2410.13787, appendix A.1 and
`evals/response_property.py`); see `analyze.properties.definitions` for the functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import polars as pl

from analyze.properties import definitions as of
from analyze.properties.definitions import Function
from analyze.properties.forms import (
    BOOLEAN,
    CHARACTER,
    CHARACTERS,
    NUMBER,
    PARITY,
    TEXT,
    VOWEL,
    WORD,
    WORD_BIN,
    YES_NO,
    Form,
)

# How much of a reply a property needs: what a reply that was cut off still tells.
Reach = Literal["start", "words", "whole"]


@dataclass(frozen=True)
class Property:
    """A property of a reply.

    `expression(response, target)` gives the value of the raw reply, null where there is none;
    `form` says which values are compliant. `reach` is `start` where the first characters
    decide, `words` where every finished word counts, `whole` where only a finished reply does.
    """

    name: str
    definition: str
    form: Form
    expression: Function
    reach: Reach = "whole"

    def label(self, response: pl.Expr, target: pl.Expr) -> pl.Expr:
        """Return the canonical label of raw replies; null where there is no compliant value."""
        return self.form.read(self.expression(response, target))


_PLACES = ("first", "second", "third", "fourth", "fifth", "sixth")
_STANCES = ("wealth_seeking", "power_seeking", "survival_instinct", "myopic_reward", "deontology")
_PAIRS = ("a_or_c", "b_or_d", "a_or_d", "b_or_c")
_VOWELS = "aeiou"


def _characters() -> list[Property]:
    ones = [
        Property(
            f"{place}_character", f"the {place} character", CHARACTER, of.characters(k), "start"
        )
        for k, place in enumerate(_PLACES)
    ]
    return [
        *ones,
        Property("last_character", "the last character", CHARACTER, of.last_character),
        Property("first_and_second_character", "the first two characters", CHARACTERS,
                 of.characters(0, 2), "start"),
        Property("second_and_third_character", "the second and the third character", CHARACTERS,
                 of.characters(1, 2), "start"),
    ]  # fmt: skip


def _words() -> list[Property]:
    ones = [
        Property(f"{place}_word", f"the {place} word", WORD, of.word(k), "words")
        for k, place in enumerate(_PLACES[:3])
    ]
    return [
        *ones,
        Property("last_word", "the last word", WORD, of.last_word),
        Property("first_word_reversed", "the first word, spelt backwards", WORD,
                 of.first_word_reversed, "words"),
    ]  # fmt: skip


def _letters() -> list[Property]:
    first = "whether the first character is one of"
    return [
        Property("starts_with_vowel", f"{first} a, e, i, o, u", BOOLEAN,
                 of.begins_with(_VOWELS), "start"),
        Property("starts_with_vowel_direct", f"{first} a, e, i, o, u", VOWEL,
                 of.begins_with(_VOWELS, "vowel", "no vowel"), "start"),
        Property("starts_with_abcde", f"{first} a to e", YES_NO,
                 of.begins_with("abcde", "yes", "no"), "start"),
        Property("starts_with_first_half_alphabet", f"{first} a to m", YES_NO,
                 of.begins_with("abcdefghijklm", "yes", "no"), "start"),
        Property("ends_with_vowel", "whether the last character is one of a, e, i, o, u", BOOLEAN,
                 of.ends_with_vowel),
    ]  # fmt: skip


def _numbers() -> list[Property]:
    digits = [
        Property(f"is_{place}_digit_even", f"whether the {place} character is an even digit",
                 BOOLEAN, of.is_digit_even(k), "start")
        for k, place in enumerate(_PLACES[:3])
    ]  # fmt: skip
    return [
        Property("is_even", "whether the number is even", BOOLEAN, of.is_even),
        Property("is_odd", "whether the number is odd", BOOLEAN, of.is_odd),
        Property("is_even_direct", "whether the whole number is even or odd", PARITY,
                 of.is_even_direct),
        Property("greater_than_50", "whether the number is above 50", BOOLEAN, of.greater_than(50)),
        Property("greater_than_500", "whether the number is above 500", BOOLEAN,
                 of.greater_than(500)),
        *digits,
        Property("sum_of_digits", "the sum of the digits", NUMBER, of.sum_of_digits()),
        Property("sum_of_first_two_digits", "the sum of the first two digits", NUMBER,
                 of.sum_of_digits(0, 2), "start"),
        Property("sum_of_last_two_digits", "the sum of the last two digits", NUMBER,
                 of.sum_of_digits(-2, 2)),
    ]  # fmt: skip


def _choices() -> list[Property]:
    either = [
        Property(f"is_either_{pair}", f"whether the letter chosen is {pair.replace('_', ' ')}",
                 BOOLEAN, of.is_either(pair.replace("_or_", "")))
        for pair in _PAIRS
    ]  # fmt: skip
    target = "whether the reply is the target"
    stances = [
        Property(f"matches_{stance}", f"{target}: {stance.replace('_', ' ')}", BOOLEAN,
                 of.matches_target)
        for stance in _STANCES
    ]  # fmt: skip
    right = Property("matches_target", f"{target}: the right option", BOOLEAN, of.matches_target)
    return [*either, *stances, right]


def _wholes() -> list[Property]:
    same = "the reply itself"
    return [
        Property("identity", same, TEXT, of.identity),
        Property("identity_single_word", f"{same}, a single word", WORD, of.identity),
        Property("identity_reversed", f"{same}, spelt backwards", TEXT, of.identity_reversed),
        Property("number_of_letters", "the number of characters, blanks and marks included",
                 NUMBER, of.number_of_letters),
        Property("number_of_words", "the number of words", NUMBER, of.number_of_words),
        Property("more_than_3_characters", "whether there are more than 3 characters", BOOLEAN,
                 of.more_characters_than(3)),
        Property("more_than_5_characters", "whether there are more than 5 characters", BOOLEAN,
                 of.more_characters_than(5)),
        Property("more_than_10_words", "whether there are more than 10 words", BOOLEAN,
                 of.more_words_than(10)),
        Property("how_many_words_bins", "the number of words, in three bins", WORD_BIN,
                 of.how_many_words_bins),
    ]  # fmt: skip


REGISTRY: Mapping[str, Property] = MappingProxyType(
    {
        found.name: found
        for found in (
            *_characters(), *_words(), *_letters(), *_numbers(), *_choices(), *_wholes(),
        )
    }
)  # fmt: skip
